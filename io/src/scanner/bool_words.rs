//! Words that are true or false because the options say so.

use std::sync::Arc;

use crate::options::CsvOptions;

/// What stands for true and for false, beside what always does.
#[derive(Debug, Clone, Default)]
pub struct BoolWords {
    /// With what each word means; shared, as every column has them.
    words: Arc<[(String, bool)]>,
}

impl BoolWords {
    /// Those of the options.
    pub(crate) fn of(options: &CsvOptions) -> Self {
        let of = |words: &[String], meaning: bool| -> Vec<(String, bool)> {
            words.iter().map(|word| (word.clone(), meaning)).collect()
        };
        Self { words: [of(&options.true_values, true), of(&options.false_values, false)].concat().into() }
    }

    /// What a value means, if it is one of the words.
    pub(crate) fn meaning(&self, value: &[u8]) -> Option<bool> {
        self.words.iter().find(|(word, _)| word.as_bytes() == value).map(|(_, meaning)| *meaning)
    }
}
