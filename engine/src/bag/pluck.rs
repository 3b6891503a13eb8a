//! `pluck`, `split`: parts of elements.

use super::Bag;
use super::site::{failure, shown};

impl<T: ?Sized + 'static> Bag<T> {
    /// A part of each element, by reference: a field of a struct or tuple, an item of a vector, a slice of
    /// a text.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let pairs = swath::bag::from_iter([("a", 1), ("b", 2)], 1);
    /// assert_eq!(pairs.pluck(|pair| &pair.1).collect()?, [1, 2]);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "unzip")]
    #[track_caller]
    pub fn pluck<U: ?Sized + 'static>(&self, f: impl Fn(&T) -> &U + Send + Sync + 'static) -> Bag<U> {
        self.each("pluck", move |site, element, sink| sink.push(site.run(|| f(element))?))
    }
}

impl<T: ?Sized + AsRef<str> + 'static> Bag<T> {
    /// The fields of each text between delimiters.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::from_iter(["a,b"], 1).split(",").collect()?, [["a", "b"]]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn split(&self, delim: &str) -> Bag<Vec<String>> {
        let delim = delim.to_owned();
        self.each("split", move |_, element: &T, sink| {
            let fields: Vec<String> = element.as_ref().split(&*delim).map(str::to_owned).collect();
            sink.push(&fields)
        })
    }

    /// One field of each text between delimiters, counted from 0. A text with too few fields is an error
    /// of the computation.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let lines = swath::bag::from_iter(["en Paris 7", "de Berlin 3"], 1);
    /// assert_eq!(lines.split_pluck(" ", 1).collect()?, ["Paris", "Berlin"]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn split_pluck(&self, delim: &str, index: usize) -> Bag<str> {
        let delim = delim.to_owned();
        self.each("split_pluck", move |site, element: &T, sink| {
            match element.as_ref().split(&*delim).nth(index) {
                Some(field) => sink.push(field),
                None => {
                    let fields = element.as_ref().split(&*delim).count();
                    let text = shown(element.as_ref());
                    let hint = "give a value for such texts with split_pluck_or".to_owned();
                    let message = format!("{site}: there is no field {index}, only {fields}, in \"{text}\"");
                    Err(failure(message, hint))
                }
            }
        })
    }

    /// Like [`split_pluck`](Self::split_pluck), with a field for texts that have too few.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let lines = swath::bag::from_iter(["en Paris", "de"], 1);
    /// assert_eq!(lines.split_pluck_or(" ", 1, "?").collect()?, ["Paris", "?"]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn split_pluck_or(&self, delim: &str, index: usize, default: &str) -> Bag<str> {
        let (delim, default) = (delim.to_owned(), default.to_owned());
        self.each("split_pluck_or", move |_, element: &T, sink| {
            sink.push(element.as_ref().split(&*delim).nth(index).unwrap_or(&default))
        })
    }
}
