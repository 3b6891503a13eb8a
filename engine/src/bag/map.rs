//! `map`, `try_map`, `filter_map`, `flat_map`, `flatten`: other elements made of elements.

use std::borrow::Borrow;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::error::Result;

use super::Bag;
use super::open::Need;
use super::sink::{BoxSink, Flow, MORE, Sink};
use super::site::{Site, failure, shown};

impl<T: ?Sized + 'static> Bag<T> {
    /// What the closure makes of each element.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let lengths = swath::bag::from_iter(["a", "bcd"], 1).map(|word| word.len());
    /// assert_eq!(lengths.collect()?, [1, 3]);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "starmap")]
    #[track_caller]
    pub fn map<U: 'static>(&self, f: impl Fn(&T) -> U + Send + Sync + 'static) -> Bag<U> {
        self.each("map", move |site, element, sink| sink.push(&site.run(|| f(element))?))
    }

    /// Like [`map`](Self::map), with a closure that can fail: its first error fails the computation, with
    /// the element shown.
    ///
    /// ```
    /// let numbers = swath::bag::from_iter(["12", "x"], 1).try_map(|text| text.parse::<i32>());
    /// let error = numbers.sum().get().unwrap_err().to_string();
    /// assert!(error.ends_with(r#"failed on "x": invalid digit found in string"#), "{error}");
    /// ```
    #[track_caller]
    pub fn try_map<U: 'static, E: fmt::Display>(
        &self,
        f: impl Fn(&T) -> std::result::Result<U, E> + Send + Sync + 'static,
    ) -> Bag<U>
    where
        T: fmt::Debug,
    {
        self.each("try_map", move |site, element, sink| match site.run(|| f(element))? {
            Ok(made) => sink.push(&made),
            Err(error) => {
                let element = shown(&format!("{element:?}"));
                let hint = "leave such elements out before, or give None for them with filter_map".to_owned();
                Err(failure(format!("{site} failed on {element}: {error}"), hint))
            }
        })
    }

    /// What the closure makes of each element, where it makes something.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let numbers = swath::bag::from_iter(["12", "x"], 1).filter_map(|text| text.parse::<i32>().ok());
    /// assert_eq!(numbers.collect()?, [12]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn filter_map<U: 'static>(&self, f: impl Fn(&T) -> Option<U> + Send + Sync + 'static) -> Bag<U> {
        self.each("filter_map", move |site, element, sink| match site.run(|| f(element))? {
            Some(made) => sink.push(&made),
            None => Ok(MORE),
        })
    }

    /// All that the closure makes of each element.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let words = swath::bag::from_iter(["a b", "c"], 1)
    ///     .flat_map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
    /// assert_eq!(words.collect()?, ["a", "b", "c"]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn flat_map<I: IntoIterator>(&self, f: impl Fn(&T) -> I + Send + Sync + 'static) -> Bag<I::Item>
    where
        I::Item: 'static,
    {
        self.each("flat_map", move |site, element, sink| {
            let mut made = site.run(|| f(element).into_iter())?;
            while let Some(made) = site.run(|| made.next())? {
                if sink.push(&made)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(MORE)
        })
    }

    /// All that the closure emits for each element, by reference: nothing need be copied.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("a.txt");
    /// # std::fs::write(&path, "to be or not to be\n").unwrap();
    /// let words = swath::read_text(&path).flat_map_with(|line, emit| line.split(' ').for_each(emit));
    /// assert_eq!(words.most_frequent(1).get()?, [("be".to_owned(), 2)]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn flat_map_with<U: ?Sized + 'static>(
        &self,
        f: impl Fn(&T, &mut dyn FnMut(&U)) + Send + Sync + 'static,
    ) -> Bag<U> {
        self.each("flat_map_with", move |site, element, sink| {
            let mut flow = Ok(MORE);
            let mut emit = |made: &U| {
                if matches!(flow, Ok(ControlFlow::Continue(()))) {
                    flow = sink.push(made);
                }
            };
            site.run(|| f(element, &mut emit))?;
            flow
        })
    }

    /// The elements of the elements: of vectors, sets, options.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let parts = swath::bag::from_iter([vec![1, 2], vec![], vec![3]], 1);
    /// assert_eq!(parts.flatten().collect()?, [1, 2, 3]);
    /// let known = swath::bag::from_iter([Some(1), None], 1);
    /// assert_eq!(known.flatten().collect()?, [1]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn flatten<U: 'static>(&self) -> Bag<U>
    where
        for<'a> &'a T: IntoIterator<Item = &'a U>,
    {
        self.each("flatten", move |_site, element, sink| {
            for part in element {
                if sink.push(part.borrow())?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(MORE)
        })
    }

    /// A stage without a state.
    #[track_caller]
    pub(super) fn each<U: ?Sized + 'static>(
        &self,
        operation: &'static str,
        f: impl Fn(&Site, &T, &mut dyn Sink<U>) -> Flow + Send + Sync + 'static,
    ) -> Bag<U> {
        let site = Site::new(operation);
        let f = Arc::new(f);
        self.then(site, Need::Nothing, move |sink| Box::new(Each { f: Arc::clone(&f), site, sink }))
    }
}

struct Each<F, U: ?Sized> {
    f: Arc<F>,
    site: Site,
    sink: BoxSink<U>,
}

impl<T: ?Sized, U: ?Sized, F> Sink<T> for Each<F, U>
where
    F: Fn(&Site, &T, &mut dyn Sink<U>) -> Flow + Send + Sync,
{
    fn begin(&mut self, piece: u64) -> Flow {
        self.sink.begin(piece)
    }

    fn push(&mut self, element: &T) -> Flow {
        (self.f)(&self.site, element, &mut *self.sink)
    }

    fn finish(&mut self) -> Result<()> {
        self.sink.finish()
    }
}
