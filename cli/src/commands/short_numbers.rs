//! Numbers as options, which `grep`, `head` and `tail` have had for ever: `-5`.

use std::ffi::OsString;

/// A command of which a number is an option.
struct Habit {
    commands: &'static [&'static str],
    /// What the number is the value of.
    option: &'static str,
    /// Short options of which the next argument is the value, whatever it looks like.
    short: &'static [char],
    /// Long ones.
    long: &'static [&'static str],
}

const HABITS: [Habit; 2] = [
    Habit {
        commands: &["grep"],
        option: "--context",
        short: &['e', 'f', 'g'],
        long: &["--regexp", "--file", "--glob", "--context-separator", "--group-separator"],
    },
    Habit { commands: &["head", "tail", "sample"], option: "--rows", short: &['n'], long: &["--rows"] },
];

/// The arguments of the command line, in which `-5` behind `grep` is `--context=5`, and `--rows=5` behind `head` and its like.
pub fn with_numbers_in_short(arguments: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut habit: Option<&Habit> = None;
    let (mut is_value, mut are_operands) = (false, false);
    arguments.map(move |argument| {
        let Some(text) = argument.to_str() else { return argument };
        let Some(known) = habit else {
            habit = HABITS.iter().find(|habit| habit.commands.contains(&text));
            return argument;
        };
        let number = text.strip_prefix('-').filter(|digits| {
            // -0 is --null, as in ripgrep.
            !digits.starts_with('0')
                && !digits.is_empty()
                && digits.bytes().all(|digit| digit.is_ascii_digit())
        });
        let number = number.filter(|_| !is_value && !are_operands);
        let in_full = number.map(|number| format!("{}={number}", known.option).into());
        let is_cluster = text.starts_with('-') && !text.starts_with("--");
        is_value = is_cluster && text.ends_with(known.short) || known.long.contains(&text);
        are_operands |= text == "--";
        in_full.unwrap_or(argument)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_an_option() {
        let words = |line: &str| {
            let arguments = line.split(' ').map(OsString::from);
            let words: Vec<_> =
                with_numbers_in_short(arguments).map(|word| word.into_string().unwrap()).collect();
            words.join(" ")
        };
        for (line, expected) in [
            ("swath grep -2 x", "swath grep --context=2 x"),
            ("swath grep -n -12 x f", "swath grep -n --context=12 x f"),
            ("swath grep -e -2 f", "swath grep -e -2 f"),
            ("swath grep -ne -2 f", "swath grep -ne -2 f"),
            ("swath grep --regexp -2 -3 f", "swath grep --regexp -2 --context=3 f"),
            ("swath grep -- -2 f", "swath grep -- -2 f"),
            ("swath grep -l -0 x", "swath grep -l -0 x"),
            ("swath grep -2x f", "swath grep -2x f"),
            ("swath head -2 f", "swath head --rows=2 f"),
            ("swath tail -n -2 f", "swath tail -n -2 f"),
            ("swath count -2 f", "swath count -2 f"),
            ("swath -2", "swath -2"),
        ] {
            assert_eq!(words(line), expected);
        }
    }
}
