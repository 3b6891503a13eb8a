//! Texts that are written anew before they are cut into fields.
//!
//! Some ways to write a table are rare, and would cost the grammar of all others: runs of blanks between fields, comments behind
//! values or that begin with several bytes, escapes in fields without quotes, blanks in front of fields, lines behind the table. So is what stands around
//! the features of GeoJSON. Such a text is made into one without them, chunk by chunk. Lines keep their numbers; offsets
//! of bytes are those of the new text.

mod bare_escapes;
mod blanks;
mod features;
mod footer;
mod inline_comments;
mod place;
mod starts;

use std::borrow::Cow;

use bare_escapes::BareEscapes;
use blanks::BlankRuns;
pub(crate) use features::Features;
use footer::Footer;
pub(crate) use footer::without_footer;
use inline_comments::InlineComments;
use starts::Starts;

use crate::scanner::record::Dialect;

/// Writes a text anew, chunk by chunk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rewrite {
    features: Option<Features>,
    footer: Option<Footer>,
    starts: Option<Starts>,
    comments: Option<InlineComments>,
    escapes: Option<BareEscapes>,
    runs: Option<BlankRuns>,
    /// Lines that are still to be passed over, whatever they hold: a quote in them opens no field.
    skip: u64,
    /// Whether the last byte of those lines was a `\r`, which a `\n` may follow.
    after_return: bool,
    scratch: Scratch,
}

impl Rewrite {
    /// For files of a dialect, behind some lines and without some others at the end; `None` if they are read as they are.
    pub(crate) fn of(dialect: &Dialect, skip: u64, skip_footer: u64) -> Option<Self> {
        let rewrite = Self {
            footer: Footer::of(skip_footer),
            starts: Starts::of(dialect),
            comments: InlineComments::of(dialect),
            escapes: BareEscapes::of(dialect),
            runs: BlankRuns::of(dialect),
            skip,
            ..Self::default()
        };
        let Self { footer, starts, comments, escapes, runs, .. } = &rewrite;
        let is_needed =
            footer.is_some() || starts.is_some() || comments.is_some() || escapes.is_some() || runs.is_some();
        is_needed.then_some(rewrite)
    }

    /// Of a collection of GeoJSON, its features.
    pub(crate) fn of_features() -> Self {
        Self { features: Some(Features::default()), ..Self::default() }
    }

    /// Something is lost in front of what comes next, which need not be the start of a line.
    pub(crate) fn pass_gap(&mut self) {
        self.features.iter_mut().for_each(Features::pass_gap);
        self.starts.iter_mut().for_each(Starts::pass_gap);
        self.comments.iter_mut().for_each(InlineComments::pass_gap);
        self.escapes.iter_mut().for_each(BareEscapes::pass_gap);
        self.runs.iter_mut().for_each(BlankRuns::pass_gap);
    }

    /// Appends what becomes of the next bytes to `out`.
    pub(crate) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if let Some(features) = &mut self.features {
            return features.write(bytes, out);
        }
        let passed = self.pass_lines(bytes);
        out.extend_from_slice(&bytes[..passed]);
        self.pass_on(&bytes[passed..], false, out);
    }

    /// Appends what is left at the end of the text.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.pass_on(&[], true, out);
    }

    /// Lets each step work on what the one before it makes.
    fn pass_on(&mut self, bytes: &[u8], at_end: bool, out: &mut Vec<u8>) {
        let Self { footer, starts, comments, escapes, runs, scratch, .. } = self;
        // A step, and how its text ends.
        macro_rules! step {
            ($step:ident, $write:path, $finish:path) => {
                if let Some(step) = $step {
                    scratch.step(|bytes, out| $write(step, bytes, out));
                    if at_end {
                        $finish(step, &mut scratch.text);
                    }
                }
            };
        }
        scratch.text.clear();
        scratch.text.extend_from_slice(bytes);
        step!(footer, Footer::write, Footer::finish);
        step!(starts, Starts::write, Starts::finish);
        step!(comments, InlineComments::write, InlineComments::finish);
        step!(escapes, BareEscapes::write, BareEscapes::finish);
        match runs {
            Some(runs) => runs.write(&scratch.text, out),
            None => out.extend_from_slice(&scratch.text),
        }
    }

    /// How many bytes belong to lines that are passed over.
    fn pass_lines(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while at < bytes.len() && (self.skip > 0 || self.after_return) {
            if std::mem::take(&mut self.after_return) && bytes[at] == b'\n' {
                at += 1;
                continue;
            }
            if self.skip == 0 {
                break;
            }
            let Some(len) = memchr::memchr2(b'\n', b'\r', &bytes[at..]) else { return bytes.len() };
            at += len + 1;
            self.after_return = bytes[at - 1] == b'\r';
            self.skip -= 1;
        }
        at
    }
}

/// Between two steps.
#[derive(Debug, Clone, Default)]
struct Scratch {
    text: Vec<u8>,
    spare: Vec<u8>,
}

impl Scratch {
    /// Makes of the text what a step makes of it.
    fn step(&mut self, step: impl FnOnce(&[u8], &mut Vec<u8>)) {
        self.spare.clear();
        step(&self.text, &mut self.spare);
        std::mem::swap(&mut self.text, &mut self.spare);
    }
}

/// A text of whole lines as a dialect is to cut it.
pub(crate) fn prepared<'a>(text: &'a [u8], dialect: &Dialect) -> Cow<'a, [u8]> {
    match Rewrite::of(dialect, 0, 0) {
        None => Cow::Borrowed(text),
        Some(mut rewrite) => {
            let mut out = Vec::with_capacity(text.len());
            rewrite.write(text, &mut out);
            rewrite.finish(&mut out);
            Cow::Owned(out)
        }
    }
}

/// What a dialect makes of a text, which has to be the same however it is cut.
#[cfg(test)]
fn rewritten(text: &str, dialect: &Dialect, skip: u64) -> String {
    let rewrite = Rewrite::of(dialect, skip, 0).expect("the dialect is one of those");
    let cut_at = |len: usize| {
        let (mut rewrite, mut out) = (rewrite.clone(), Vec::new());
        text.as_bytes().chunks(len).for_each(|chunk| rewrite.write(chunk, &mut out));
        rewrite.finish(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    };
    let whole = cut_at(text.len().max(1));
    (1..text.len()).for_each(|len| assert_eq!(cut_at(len), whole, "{text:?} in pieces of {len}"));
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::Delim;
    use crate::scanner::record::Escapes;

    #[test]
    fn a_text_that_needs_nothing_stays() {
        let dialect = Dialect { escape: Some(b'\\'), comment: Some(b'#'), ..Dialect::RFC4180 };
        assert!(matches!(prepared(b"a # b\n", &dialect), Cow::Borrowed(_)));
    }

    #[test]
    fn lines_that_are_passed_over_stay() {
        let blanks = Dialect { delim: Delim::BLANKS, ..Dialect::RFC4180 };
        assert_eq!(rewritten("a  \"b\r\nc  d\re  f\n", &blanks, 2), "a  \"b\r\nc  d\re f\n");
        let comments = Dialect { comment: Some(b'#'), inline_comments: true, ..Dialect::RFC4180 };
        assert_eq!(rewritten("a#b\nc#d\n", &comments, 1), "a#b\nc\n");
    }

    #[test]
    fn one_step_follows_the_other() {
        let dialect =
            Dialect { delim: Delim::BLANKS, comment: Some(b'#'), inline_comments: true, ..Dialect::RFC4180 };
        assert_eq!(rewritten("a  b  # c  d\n  # e\n1  2#\n", &dialect, 0), "a b\n# e\n1 2\n");
        let dialect = Dialect {
            escape: Some(b'\\'),
            escapes: Escapes::WithoutQuotes,
            comment: Some(b'#'),
            inline_comments: true,
            ..Dialect::RFC4180
        };
        assert_eq!(rewritten("a\\,b,\\# # c\n", &dialect, 0), "\"a\\,b\",\"\\#\"\n");
    }
}
