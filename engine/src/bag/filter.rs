//! `filter`, and filters of text that need no closure.

use regex::Regex;

use super::Bag;
use super::line_filter::LineFilter;
use super::sink::MORE;
use super::site::Site;

impl<T: ?Sized + 'static> Bag<T> {
    /// The elements for which the closure holds.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let small = swath::bag::range(0..100, 2).filter(|&n| n < 3);
    /// assert_eq!(small.count().get()?, 3);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn filter(&self, f: impl Fn(&T) -> bool + Send + Sync + 'static) -> Bag<T> {
        self.each(
            "filter",
            move |site, element, sink| {
                if site.run(|| f(element))? { sink.push(element) } else { Ok(MORE) }
            },
        )
    }

    /// The elements for which the closure does not hold.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::range(0..5, 1).remove(|n| n % 2 == 0).collect()?, [1, 3]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn remove(&self, f: impl Fn(&T) -> bool + Send + Sync + 'static) -> Bag<T> {
        self.each(
            "remove",
            move |site, element, sink| {
                if site.run(|| f(element))? { Ok(MORE) } else { sink.push(element) }
            },
        )
    }
}

impl<T: ?Sized + AsRef<str> + 'static> Bag<T> {
    /// The texts in which the literal occurs, letter for letter.
    ///
    /// Over lines that no closure has touched it is a filter of the plan, which can be applied while the
    /// files are scanned.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let words = swath::bag::from_iter(["tea", "coffee", "steam"], 1);
    /// assert_eq!(words.contains("tea").collect()?, ["tea", "steam"]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn contains(&self, literal: &str) -> Bag<T> {
        self.filter_text("contains", &LineFilter::Contains(literal.to_owned()))
    }

    /// The texts in which a regular expression matches somewhere, in the syntax of the crate `regex`.
    ///
    /// Over lines that no closure has touched it is a filter of the plan, which can be applied while the
    /// files are scanned. A pattern that is no regular expression is an error of the computation.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let words = swath::bag::from_iter(["tea", "coffee", "steam"], 1);
    /// assert_eq!(words.filter_regex("^s|ee").collect()?, ["coffee", "steam"]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn filter_regex(&self, pattern: &str) -> Bag<T> {
        match Regex::new(pattern) {
            Ok(regex) => self.filter_text("filter_regex", &LineFilter::Matches(regex)),
            Err(error) => {
                let message = format!("\"{pattern}\" is not a regular expression: {}", last_line(&error));
                let hint = "for a literal text use contains".to_owned();
                self.broken(crate::Error::query(message, hint))
            }
        }
    }

    #[track_caller]
    fn filter_text(&self, operation: &'static str, filter: &LineFilter) -> Bag<T> {
        let site = Site::new(operation);
        let branches = self.branches.iter().map(|branch| match branch.refine() {
            Some(refine) => refine(filter.clone()),
            None => {
                let filter = filter.clone();
                branch.then(site, super::open::Need::Nothing, move |sink| filter.sink(sink))
            }
        });
        Bag { branches: branches.collect() }
    }
}

/// What is wrong with a pattern, without the drawing of where.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
