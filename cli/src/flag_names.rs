//! Options of statements as flags of the command line: hints name them as SQL has them, and a command beside SQL has flags.

use clap::Args;

use crate::args::ReadArgs;

/// The text with every option of reading that is set in it, as in `null_padding = true`, as the flag that does so.
pub fn as_flags(text: &str) -> String {
    let flags = ReadArgs::augment_args(clap::Command::new(""));
    let flags: Vec<&str> = flags.get_arguments().filter_map(|flag| flag.get_long()).collect();
    let mut said = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(" = ") {
        let (before, behind) = (&rest[..at], &rest[at + " = ".len()..]);
        let name_start =
            before.rfind(|char: char| !char.is_ascii_lowercase() && char != '_').map_or(0, |at| at + 1);
        let flag = before[name_start..].replace('_', "-");
        match value_of(behind).filter(|_| flags.contains(&flag.as_str())) {
            Some((value, len)) => {
                said.push_str(&before[..name_start]);
                said.push_str(&format!("--{flag}{value}"));
                rest = &behind[len..];
            }
            None => {
                said.push_str(&rest[..at + " = ".len()]);
                rest = behind;
            }
        }
    }
    said.push_str(rest);
    said
}

/// The value that a text begins with, as it stands behind a flag, and its length in the text; nothing if it is a sentence.
fn value_of(text: &str) -> Option<(String, usize)> {
    for (word, value) in [("true", ""), ("false", "=false")] {
        if text.starts_with(word) {
            return Some((value.to_owned(), word.len()));
        }
    }
    if let Some(quoted) = text.strip_prefix('\'') {
        let len = quoted.find('\'')?;
        return Some((format!(" {}", for_shell(&quoted[..len])), len + 2));
    }
    if let Some(pairs) = text.strip_prefix('{') {
        let len = pairs.find('}')?;
        let pairs = pairs[..len].replace("': '", "=").replace(", ", ",").replace('\'', "");
        return Some((format!(" {}", for_shell(&pairs)), len + 2));
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then(|| (format!(" {}", &text[..digits]), digits))
}

/// A word as a shell takes it.
fn for_shell(word: &str) -> String {
    let is_plain = |char: char| char.is_alphanumeric() || "_-=,.:%/…".contains(char);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{word}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(as_flags(text), expected);
    }

    #[test]
    fn options_become_flags() {
        check("null_padding = true fills up, ragged = true cuts", "--null-padding fills up, --ragged cuts");
        check("header = false, skip = 0 and quote = ''", "--header=false, --skip 0 and --quote ''");
        check("types = {'Dep Time': 'text'}, or", "--types 'Dep Time=text', or");
        check("columns = {'name': 'type', …}", "--columns name=type,…");
        check("on_error = 'null', 'skip' or 'reject' goes on", "--on-error null, 'skip' or 'reject' goes on");
    }

    #[test]
    fn what_is_no_option_stays() {
        for text in
            ["", "as in name = '3'", "a = (SELECT …)", "delim = the other one", "types = {'a", "quote = '"]
        {
            check(text, text);
        }
    }
}
