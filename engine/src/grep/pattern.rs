//! Patterns that match within a line, so that they can be looked for in many lines at once.

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange};
use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

use super::GrepOptions;
use crate::error::{Error, Result};

/// Bytes that a compiled pattern may take. The default of the library, 10 MB, is little for a list of words.
const MAX_PATTERN_LEN_BYTES: usize = 100 << 20;

/// The patterns of a search, compiled.
#[derive(Debug)]
pub(super) struct LinePattern {
    /// Finds lines that may be wanted, never across the end of a line; nothing: all may be.
    pub(super) finder: Option<Regex>,
    /// What is shown as a match; nothing if there are no patterns.
    pub(super) shown: Option<Regex>,
}

impl LinePattern {
    /// Compiles the patterns. Without any, a text that all lines that are wanted have serves to find them.
    pub(super) fn new(options: &GrepOptions, literal: Option<&[u8]>) -> Result<Self> {
        if options.patterns.is_empty() {
            let finder = literal.and_then(|literal| std::str::from_utf8(literal).ok());
            let finder = finder.map(|text| build(&regex::escape(text), text)).transpose()?;
            return Ok(Self { finder, shown: None });
        }
        let all: Vec<String> =
            options.patterns.iter().map(|pattern| within_line(pattern, options)).collect::<Result<_>>()?;
        let pattern = build(&all.join("|"), &options.patterns.join("|"))?;
        Ok(Self { finder: Some(pattern.clone()), shown: Some(pattern) })
    }
}

/// Compiles one pattern for a piece of a line.
pub(super) fn compile(pattern: &str, options: &GrepOptions) -> Result<Regex> {
    build(&within_line(pattern, options)?, pattern)
}

fn build(regex: &str, shown: &str) -> Result<Regex> {
    RegexBuilder::new(regex).size_limit(MAX_PATTERN_LEN_BYTES).build().map_err(|error| {
        Error::query(format!("cannot use the pattern \"{shown}\": {error}"), "try a shorter one".to_owned())
    })
}

/// The pattern as one that never matches a line end. ripgrep's trick: `[^,]` and `\s` lose it, and `^` and `$` stand
/// for the ends of a line.
fn within_line(pattern: &str, options: &GrepOptions) -> Result<String> {
    let mut regex = if options.fixed { regex::escape(pattern) } else { pattern.to_owned() };
    // Checked alone, for an error that speaks of what was written.
    parse(&regex, options).map_err(|error| explained(pattern, &error))?;
    if options.words {
        regex = format!(r"\b{{start-half}}(?:{regex})\b{{end-half}}");
    }
    if options.whole_lines {
        regex = format!("^(?:{regex})$");
    }
    let hir = parse(&regex, options).map_err(|error| explained(pattern, &error))?;
    let hir = strip_line_ends(hir, options.groups).ok_or_else(|| {
        let hint =
            "patterns are looked for in one line at a time; for either of two, write a|b, or -e a -e b";
        Error::query(
            format!("the pattern \"{}\" has a line end in it", pattern.escape_debug()),
            hint.to_owned(),
        )
    })?;
    Ok(format!("(?:{hir})"))
}

fn parse(regex: &str, options: &GrepOptions) -> Result<Hir, Box<regex_syntax::Error>> {
    let mut parser = ParserBuilder::new();
    parser.utf8(false).multi_line(true).crlf(true).case_insensitive(options.ignore_case);
    parser.build().parse(regex).map_err(Box::new)
}

fn explained(pattern: &str, error: &regex_syntax::Error) -> Error {
    let (at, problem) = match error {
        regex_syntax::Error::Parse(error) => (error.span().start.offset, error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (error.span().start.offset, error.kind().to_string()),
        other => (0, other.to_string()),
    };
    let before = pattern.get(..at).map_or(0, |before| before.chars().count());
    let hint =
        "to look for the text as it stands, add -F, or put a \\ before each of . + * ? ( ) [ ] { } ^ $ | \\";
    Error::query(
        format!("the pattern \"{pattern}\" is wrong at character {}: {problem}", before + 1),
        hint.to_owned(),
    )
}

/// Takes line ends out of what a pattern matches; nothing if it asks for one.
fn strip_line_ends(hir: Hir, groups: bool) -> Option<Hir> {
    let strip = |hir| strip_line_ends(hir, groups);
    let all = |parts: Vec<Hir>| parts.into_iter().map(strip).collect::<Option<Vec<_>>>();
    Some(match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) if literal.0.contains(&b'\n') => return None,
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(Class::Unicode(mut class)) => {
            class.difference(&ClassUnicode::new([ClassUnicodeRange::new('\n', '\n')]));
            Hir::class(Class::Unicode(class))
        }
        HirKind::Class(Class::Bytes(mut class)) => {
            class.difference(&ClassBytes::new([ClassBytesRange::new(b'\n', b'\n')]));
            Hir::class(Class::Bytes(class))
        }
        HirKind::Look(Look::Start) => Hir::look(Look::StartCRLF),
        HirKind::Look(Look::End) => Hir::look(Look::EndCRLF),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Repetition(Repetition { min, max, greedy, sub }) => {
            Hir::repetition(Repetition { min, max, greedy, sub: Box::new(strip(*sub)?) })
        }
        HirKind::Capture(Capture { index, name, sub }) if groups => {
            Hir::capture(Capture { index, name, sub: Box::new(strip(*sub)?) })
        }
        // Nobody asks for groups; nor may their names clash.
        HirKind::Capture(Capture { sub, .. }) => strip(*sub)?,
        HirKind::Concat(parts) => Hir::concat(all(parts)?),
        HirKind::Alternation(parts) => Hir::alternation(all(parts)?),
    })
}
