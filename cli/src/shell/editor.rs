//! Typing: colours, completion, hints from the history, and whether a statement is at its end.

use std::borrow::Cow;

use rustyline::Context;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter, HistoryHinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use swath::{CandidateKind, PieceKind, Session};

use super::command::{Argument, COMMANDS};
use super::habits;
use crate::style::{Style, Tone};

/// Helps with what is typed.
pub struct Helper {
    /// Knows columns and tables.
    pub session: Session,
    /// Views that are made when they are needed.
    pub views: Vec<String>,
    /// Colours.
    pub style: Style,
}

impl rustyline::Helper for Helper {}

/// Whether a text is a command of the shell, and no SQL.
pub fn is_command(text: &str) -> bool {
    let text = text.trim_start();
    habits::meant(text).is_some()
        || text.starts_with(['!', '\\'])
        || (text.starts_with('.') && !text[1..].starts_with(|char: char| char.is_ascii_digit()))
}

impl Validator for Helper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult, ReadlineError> {
        let text = context.input();
        Ok(match is_command(text) || swath::is_whole(text) {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}

/// What is shown, dimmed, behind the cursor.
pub enum Shown {
    /// What the history has: taken by the key to the right.
    Typed(String),
    /// What to do.
    Advice(&'static str),
}

impl Hint for Shown {
    fn display(&self) -> &str {
        match self {
            Self::Typed(text) => text,
            Self::Advice(text) => text,
        }
    }

    fn completion(&self) -> Option<&str> {
        match self {
            Self::Typed(text) => Some(text),
            Self::Advice(_) => None,
        }
    }
}

impl Hinter for Helper {
    type Hint = Shown;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<Shown> {
        // Without colours, a hint would look like something typed.
        if !self.style.is_on() {
            return None;
        }
        // Whoever forgot the semicolon would wait for an answer.
        if line.ends_with('\n') && pos == line.len() {
            return Some(Shown::Advice("; ends the statement, Ctrl-C drops it"));
        }
        HistoryHinter::new().hint(line, pos, context).map(Shown::Typed)
    }
}

impl Highlighter for Helper {
    fn highlight<'l>(&self, line: &'l str, _pos: usize) -> Cow<'l, str> {
        if !self.style.is_on() {
            return line.into();
        }
        if is_command(line) {
            let end = line
                .trim_start()
                .find(' ')
                .map_or(line.len(), |at| line.len() - line.trim_start().len() + at);
            return format!("{}{}", self.style.paint(Tone::Blue, &line[..end]), &line[end..]).into();
        }
        sql_in_colours(line, self.style).into()
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _default: bool) -> Cow<'b, str> {
        self.style.paint(Tone::Bold, prompt).into()
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        self.style.paint(Tone::Dim, hint).into()
    }

    fn highlight_char(&self, _line: &str, _pos: usize, kind: CmdKind) -> bool {
        // A letter can make a keyword of a name, and a quote a text of all that follows.
        kind != CmdKind::MoveCursor
    }
}

fn sql_in_colours(text: &str, style: Style) -> String {
    let pieces = swath::pieces(text);
    let mut coloured = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        let of = piece.of(text);
        let called = pieces.get(index + 1).is_some_and(|next| next.of(text) == "(");
        let tone = match piece.kind {
            PieceKind::Word if swath::is_keyword(of) => Some(Tone::Blue),
            PieceKind::Word if called => Some(Tone::Cyan),
            PieceKind::Text => Some(Tone::Green),
            PieceKind::Number => Some(Tone::Yellow),
            PieceKind::Comment => Some(Tone::Dim),
            _ => None,
        };
        match tone {
            Some(tone) => coloured.push_str(&style.paint(tone, of)),
            None => coloured.push_str(of),
        }
    }
    coloured
}

impl Completer for Helper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _context: &Context<'_>,
    ) -> Result<(usize, Vec<Pair>), ReadlineError> {
        let (start, candidates) =
            if is_command(line) { self.of_command(line, pos) } else { self.of_sql(line, 0, pos) };
        Ok((start, candidates))
    }
}

impl Helper {
    /// Completes a statement that begins at a byte of the line.
    fn of_sql(&self, line: &str, begin: usize, pos: usize) -> (usize, Vec<Pair>) {
        let completions = self.session.complete(&line[begin..], pos - begin);
        let start = begin + completions.start;
        let mut pairs: Vec<Pair> = Vec::new();
        let only = completions.candidates.len() == 1;
        for candidate in completions.candidates {
            let mut replacement = candidate.text;
            let display = match candidate.kind {
                CandidateKind::Path => last_part(&replacement).to_owned(),
                _ => replacement.clone(),
            };
            let is_file = candidate.kind == CandidateKind::Path && !replacement.ends_with('/');
            if only && is_file && !line[pos..].starts_with('\'') {
                replacement.push('\'');
            }
            pairs.push(Pair { display, replacement });
        }
        let prefix = line[start..pos].to_lowercase();
        let views =
            self.views.iter().filter(|view| !prefix.is_empty() && view.to_lowercase().starts_with(&prefix));
        pairs.extend(views.map(|view| plain_pair(view.clone())));
        (start, pairs)
    }

    /// Completes a command, or what it takes.
    fn of_command(&self, line: &str, pos: usize) -> (usize, Vec<Pair>) {
        let begin = line.len() - line.trim_start().len();
        let Some(name_len) = line[begin..pos].find(char::is_whitespace) else {
            return (begin, matching(COMMANDS.iter().map(|command| command.name), &line[begin..pos]));
        };
        let name = &line[begin..begin + name_len];
        let found = COMMANDS.iter().find(|command| command.name == name);
        let rest = begin + name_len + line[begin + name_len..pos].len()
            - line[begin + name_len..pos].trim_start().len();
        let typed = &line[rest..pos];
        match found.map_or(Argument::Path, |command| command.argument) {
            Argument::None => (pos, Vec::new()),
            Argument::Command => (rest, matching(COMMANDS.iter().map(|command| command.name), typed)),
            Argument::OneOf(words) => (rest, matching(words.iter().copied(), typed)),
            Argument::Sql => self.of_sql(line, rest, pos),
            Argument::Path => (rest, self.paths(typed)),
            Argument::Table => {
                // As it would be behind FROM; the word that is replaced begins as far from the cursor.
                let text = format!("FROM {typed}");
                let (start, pairs) = self.of_sql(&text, 0, text.len());
                (pos - (text.len() - start), pairs)
            }
        }
    }

    fn paths(&self, typed: &str) -> Vec<Pair> {
        let text = format!("FROM '{typed}");
        let paths = self.session.complete(&text, text.len()).candidates.into_iter();
        let paths = paths.filter(|path| !path.text.contains('*'));
        paths.map(|path| Pair { display: last_part(&path.text).to_owned(), replacement: path.text }).collect()
    }
}

fn matching<'a>(words: impl Iterator<Item = &'a str>, prefix: &str) -> Vec<Pair> {
    words.filter(|word| word.starts_with(prefix)).map(|word| plain_pair(word.to_owned())).collect()
}

fn plain_pair(text: String) -> Pair {
    Pair { display: text.clone(), replacement: text }
}

/// The name of a file or folder without the folders above it.
fn last_part(path: &str) -> &str {
    let end = path.trim_end_matches('/').len();
    &path[path[..end].rfind('/').map_or(0, |at| at + 1)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn helper() -> Helper {
        Helper { session: Session::new().unwrap(), views: vec!["late".into()], style: Style::PLAIN }
    }

    fn complete(line: &str) -> (usize, Vec<String>) {
        let history = rustyline::history::MemHistory::new();
        let (start, pairs) = helper().complete(line, line.len(), &Context::new(&history)).unwrap();
        (start, pairs.into_iter().map(|pair| pair.replacement).collect())
    }

    #[test]
    fn commands_are_completed() {
        assert_eq!(complete(".ti"), (0, vec![".timer".to_owned()]));
        assert_eq!(complete(".mode js"), (6, vec!["json".to_owned(), "jsonl".to_owned()]));
        assert_eq!(complete(".help .ex").1, [".exit", ".explain"]);
        assert_eq!(complete(".explain SELECT 1 FROM la"), (23, vec!["late".to_owned()]));
        assert_eq!(complete(".schema la"), (8, vec!["late".to_owned()]));
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("one.sql"), "").unwrap();
        let path = dir.path().display();
        assert_eq!(complete(&format!(".read {path}/o")), (6, vec![format!("{path}/one.sql")]));
        assert_eq!(complete(&format!(".schema '{path}/o")), (9, vec![format!("{path}/one.sql'")]));
    }

    #[test]
    fn commands_are_told_from_numbers() {
        assert!(is_command(" .mode") && is_command("!ls") && !is_command(".5 + 1;") && !is_command("SELECT"));
        assert!(
            is_command("exit")
                && is_command(" HELP;")
                && is_command("\\dt+")
                && !is_command("exit the shell")
        );
    }
}
