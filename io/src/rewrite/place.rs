//! Where in a line a byte stands, for texts that are written anew byte by byte.

use crate::scanner::Delim;
use crate::scanner::record::{Dialect, Escapes};

/// Where in a line a byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At the start of a line.
    Line,
    /// At the start of another field.
    Field,
    /// In a field, where quotes are bytes like others.
    Bare,
    /// Behind an escape byte there.
    BareEscaped,
    Quoted,
    /// Behind a quote inside quotes: it closes them, or is the first of two.
    QuoteSeen,
    /// Behind an escape byte inside quotes.
    Escaped,
    /// In a line that is a comment, and stays.
    CommentLine,
    /// In a comment, which is left out.
    Comment,
}

impl Place {
    /// Whether a field begins here.
    pub(super) fn is_start(self) -> bool {
        matches!(self, Self::Line | Self::Field)
    }
}

/// What divides the fields of a dialect, and quotes and escapes what is in them.
#[derive(Debug, Clone)]
pub(super) struct Marks {
    pub(super) delim: Delim,
    quote: Option<u8>,
    escape: Option<u8>,
    /// Whether the escape byte makes the next one literal outside of quotes, too.
    has_bare_escapes: bool,
    /// How many bytes of the delimiter stand before the next byte.
    matched: usize,
}

impl Marks {
    pub(super) fn of(dialect: &Dialect) -> Self {
        Self {
            delim: dialect.delim,
            quote: dialect.said_quote(),
            escape: dialect.escape.filter(|escape| Some(*escape) != dialect.quote),
            has_bare_escapes: dialect.escapes != Escapes::InQuotes,
            matched: 0,
        }
    }

    /// The place behind a byte that means nothing but itself, or a quote or an escape inside quotes; `None`: it stands elsewhere.
    pub(super) fn behind_literal(&self, place: Place, byte: u8) -> Option<Place> {
        match place {
            Place::Quoted if Some(byte) == self.escape => Some(Place::Escaped),
            Place::Quoted if Some(byte) == self.quote => Some(Place::QuoteSeen),
            Place::Quoted | Place::Escaped => Some(Place::Quoted),
            Place::QuoteSeen if Some(byte) == self.quote && self.escape.is_none() => Some(Place::Quoted),
            Place::BareEscaped => Some(Place::Bare),
            _ => None,
        }
    }

    /// The place behind another byte of a field, in which a quote counts at the start alone.
    pub(super) fn behind(&mut self, is_start: bool, byte: u8) -> Place {
        if is_start && Some(byte) == self.quote {
            self.matched = 0;
            Place::Quoted
        } else if self.has_bare_escapes && Some(byte) == self.escape {
            self.matched = 0;
            Place::BareEscaped
        } else if self.ends_delim(byte) {
            Place::Field
        } else {
            Place::Bare
        }
    }

    /// What comes next is no part of a delimiter that has begun.
    pub(super) fn forget(&mut self) {
        self.matched = 0;
    }

    /// Whether a byte ends a delimiter.
    fn ends_delim(&mut self, byte: u8) -> bool {
        if self.delim.is_run_of_blanks() {
            return matches!(byte, b' ' | b'\t');
        }
        self.matched = self.delim.matched_behind(self.matched, byte);
        let ends = self.matched == self.delim.as_bytes().len();
        if ends {
            self.matched = 0;
        }
        ends
    }
}
