//! What the options say of a dialect.

use crate::options::CsvOptions;
use crate::scanner::Delim;
use crate::scanner::record::{Dialect, Escapes};

/// What the options say, and is not guessed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    pub(crate) delim: Option<Delim>,
    pub(crate) likely_delim: Option<Delim>,
    pub(crate) quote: Option<Option<u8>>,
    pub(crate) escape: Option<Option<u8>>,
    pub(crate) comment: Option<Option<u8>>,
    pub(crate) loose_quotes: bool,
    pub(crate) inline_comments: bool,
    pub(crate) long_comment: Option<Delim>,
    pub(crate) skips_initial_blanks: bool,
    /// Where the escape means something. Without quotes, the quote is the one that texts are written with anew.
    pub(crate) escapes: Escapes,
    /// What stands within numbers, if it is said and no point: it is no delimiter, but between quotes.
    pub(crate) in_numbers: [Option<u8>; 2],
    /// How many columns there are.
    pub(crate) columns: Option<usize>,
}

impl Known {
    pub(crate) fn of(options: &CsvOptions) -> Self {
        let quote = options.quote.known();
        let escapes = match options.escape.known().flatten() {
            Some(_) if quote == Some(None) => Escapes::WithoutQuotes,
            Some(escape) if options.bare_escapes && escape != quote.flatten().unwrap_or(b'"') => {
                Escapes::Everywhere
            }
            _ => Escapes::InQuotes,
        };
        let is_double = options.delim.is_some_and(|delim| delim.contains(b'"'));
        let anew = Some(Some(if is_double { b'\'' } else { b'"' }));
        Self {
            delim: options.delim,
            likely_delim: options.likely_delim,
            quote: if escapes == Escapes::WithoutQuotes { anew } else { quote },
            escapes,
            inline_comments: options.inline_comments,
            escape: options.escape.known(),
            long_comment: options.long_comment,
            skips_initial_blanks: options.skip_initial_blanks,
            comment: options
                .comment
                .known()
                .or(options.inline_comments.then_some(Some(b'#')))
                .or(options.long_comment.map(|_| None)),
            loose_quotes: options.loose_quotes,
            in_numbers: [
                Some(options.decimal_separator).filter(|separator| *separator != b'.'),
                options.thousands.filter(char::is_ascii).map(|sign| sign as u8),
            ],
            columns: options.columns.as_ref().map(Vec::len),
        }
    }

    /// With what is usual in place of what is not said, but the delimiter.
    pub(crate) fn or_usual(self) -> Self {
        Self {
            quote: self.quote.or(Some(Some(b'"'))),
            escape: self.escape.or(Some(None)),
            comment: self.comment.or(Some(None)),
            ..self
        }
    }

    /// The dialect, if all of it is known.
    pub(crate) fn dialect(&self) -> Option<Dialect> {
        let (quote, escape, comment) = (self.quote?, self.escape?, self.comment?);
        Some(Dialect { quote, escape, comment, ..self.frame(self.delim?) })
    }

    /// A dialect with all that is not guessed.
    pub(super) fn frame(&self, delim: Delim) -> Dialect {
        let Self { loose_quotes, inline_comments, escapes, long_comment, skips_initial_blanks, .. } = *self;
        Dialect {
            delim,
            loose_quotes,
            inline_comments,
            escapes,
            long_comment,
            skips_initial_blanks,
            ..Dialect::RFC4180
        }
    }
}
