//! The configuration file: options that are flags, too, and views. Flags go before `SWATH_*` variables, and
//! these before the file.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::builder::{BoolishValueParser, StyledStr};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use toml::{Table, Value};

use crate::report::Report;
use crate::views::Views;

/// The flags that the file and the environment can set: how things are done, and not what.
const SETTINGS: [&str; 49] = [
    "all-varchar",
    "auto-type-candidates",
    "bare-escapes",
    "color",
    "columns",
    "comment",
    "compression",
    "dateformat",
    "decimal-separator",
    "delim",
    "encoding",
    "escape",
    "false-values",
    "filename",
    "force-not-null",
    "format",
    "header",
    "hive-partitioning",
    "inline-comments",
    "loose-quotes",
    "max-record-bytes",
    "max-rows",
    "max-spill",
    "memory-limit",
    "names",
    "no-progress",
    "normalize-names",
    "null-padding",
    "nulls",
    "nullstr",
    "on-error",
    "pager",
    "quote",
    "ragged",
    "read-only",
    "salvage",
    "skip",
    "skip-after-header",
    "skip-footer",
    "skipinitialspace",
    "stats",
    "temp-dir",
    "thousands",
    "threads",
    "timeout",
    "timestampformat",
    "true-values",
    "types",
    "union-by-name",
];

/// What the configuration file says.
#[derive(Debug, Default)]
pub struct Config {
    /// Flags and their values.
    flags: Vec<(String, Vec<String>)>,
    views: Vec<(String, String)>,
    /// Where it is.
    path: PathBuf,
}

impl Config {
    /// Reads the file, if there is one: `$SWATH_CONFIG`, or `swath/config.toml` in the user's folder for
    /// configuration.
    ///
    /// # Errors
    /// It cannot be read, or says something that means nothing.
    pub fn load() -> Result<Self, Report> {
        let named = env::var_os("SWATH_CONFIG").map(PathBuf::from);
        let usual = || user_folder("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("config.toml"));
        let Some(path) = named.clone().or_else(usual) else { return Ok(Self::default()) };
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, &path),
            // Nobody who may not look into a folder, as into that of who began the program for another user, has put a file there.
            Err(error)
                if named.is_none()
                    && (error.kind() == io::ErrorKind::NotFound || fs::symlink_metadata(&path).is_err()) =>
            {
                Ok(Self::default())
            }
            Err(error) => Err(Report::with_hint(
                format!("{}: cannot read the configuration: {error}", path.display()),
                "SWATH_CONFIG names the file; an empty one says nothing",
            )),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, Report> {
        let wrong =
            |message: String, hint: &str| Report::with_hint(format!("{}: {message}", path.display()), hint);
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            wrong(error.to_string().trim_end().to_owned(), "the file must be TOML, as in max_rows = 100")
        })?;
        let mut config = Self { path: path.to_owned(), ..Self::default() };
        for (name, value) in table {
            match (name.as_str(), value) {
                ("views", Value::Table(views)) => {
                    for (view, sql) in views {
                        let Value::String(sql) = sql else {
                            return Err(wrong(format!("view {view}: expected SQL in quotes"), VIEW_HINT));
                        };
                        config.views.push((view, sql));
                    }
                }
                ("views", _) => return Err(wrong("views: expected a table".into(), VIEW_HINT)),
                (_, value) => {
                    let flag = name.replace('_', "-");
                    if !SETTINGS.contains(&flag.as_str()) {
                        let hint = match swath::nearest(&flag, SETTINGS) {
                            Some(near) => format!("did you mean {}?", near.replace('-', "_")),
                            None => format!("there are views and {}", SETTINGS.join(", ").replace('-', "_")),
                        };
                        return Err(wrong(format!("there is no option \"{name}\""), &hint));
                    }
                    config.flags.push((flag, words(value)));
                }
            }
        }
        Ok(config)
    }

    /// The views of the file.
    pub fn views(&self) -> Views {
        Views::new(self.views.clone())
    }

    /// The command line, with what the environment and the file say as defaults.
    pub fn apply(&self, command: Command) -> Command {
        let command = command.mut_args(|arg| self.with_defaults(arg));
        let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        names.into_iter().fold(command, |command, name| command.mut_subcommand(name, |sub| self.apply(sub)))
    }

    /// A wrong command line that says where a wrong value comes from, if it stands in no argument.
    pub fn told(&self, mut error: clap::Error, arguments: impl Iterator<Item = OsString>) -> clap::Error {
        let is_value = matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation);
        // As in `--threads <N>`.
        let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg).filter(|_| is_value)
        else {
            return error;
        };
        let option = shown.split([' ', '=', '[']).next().unwrap_or(shown).to_owned();
        let mut arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
        let flag = option.trim_start_matches("--");
        if !SETTINGS.contains(&flag) || arguments.any(|argument| argument.starts_with(&option)) {
            return error;
        }
        let variable = variable_of(flag);
        let from = match env::var_os(&variable) {
            Some(value) if !value.is_empty() => format!("the value is that of the variable {variable}"),
            _ => format!("the value stands in {}", self.path.display()),
        };
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(from)]));
        error
    }

    fn with_defaults(&self, arg: Arg) -> Arg {
        let Some(flag) = arg.get_long().filter(|long| SETTINGS.contains(long)).map(str::to_owned) else {
            return arg;
        };
        let variable = variable_of(&flag);
        // Its name follows from the flag's; written out, it would double the length of the help. SWATH_PAGER is
        // the name of a program.
        let arg = match env::var_os(&variable).is_some_and(|value| !value.is_empty()) {
            true if flag != "pager" => arg.env(variable).hide_env(true),
            _ => arg,
        };
        // Variables and files say 1 and yes, too.
        let arg = match arg.get_action() {
            ArgAction::SetTrue => arg.value_parser(BoolishValueParser::new()),
            _ => arg,
        };
        let Some((_, values)) = self.flags.iter().find(|(name, _)| *name == flag) else { return arg };
        match arg.get_action() {
            ArgAction::SetTrue => arg.default_value(values.join(",")),
            ArgAction::Set => arg.default_value(values.join(",")).hide_default_value(true),
            _ => arg.default_values(values.clone()).hide_default_value(true),
        }
    }
}

const VIEW_HINT: &str = "as in [views] and below it air = \"SELECT * FROM 'air/*.csv.bz2'\"";

/// The variable of the environment for a flag.
fn variable_of(flag: &str) -> String {
    format!("SWATH_{}", flag.to_uppercase().replace('-', "_"))
}

/// A value as it is written behind a flag.
fn words(value: Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.into_iter().flat_map(words).collect(),
        Value::Table(pairs) => {
            pairs.into_iter().map(|(name, value)| format!("{name}={}", words(value).join(","))).collect()
        }
        Value::Integer(number) => vec![number.to_string()],
        Value::Float(number) => vec![number.to_string()],
        Value::Boolean(on) => vec![on.to_string()],
        Value::Datetime(time) => vec![time.to_string()],
    }
}

/// The folder `swath` among the files of a user that are of one kind.
pub fn user_folder(variable: &str, usual: &str) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let named = env::var_os(variable).map(PathBuf::from).filter(absolute);
    let at_home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(usual)).filter(absolute);
    named.or_else(at_home).map(|folder| folder.join("swath"))
}

#[cfg(test)]
mod tests {
    use clap::Args;

    use super::*;
    use crate::args::{ReadArgs, ResourceArgs};

    fn parse(text: &str) -> Result<Config, Report> {
        Config::parse(text, Path::new("config.toml"))
    }

    #[test]
    fn options_and_views() {
        let config =
            parse("max_rows = 7\nnullstr = ['a', 'b']\ntypes = {n = 'text'}\n[views]\nv = 'SELECT 1'\n")
                .unwrap();
        let flag = |name: &str| config.flags.iter().find(|(flag, _)| flag == name).unwrap().1.clone();
        assert_eq!(flag("max-rows"), ["7"]);
        assert_eq!(flag("nullstr"), ["a", "b"]);
        assert_eq!(flag("types"), ["n=text"]);
        assert_eq!(config.views, [("v".to_owned(), "SELECT 1".to_owned())]);
    }

    #[test]
    fn every_way_to_read_is_an_option() {
        let command = ResourceArgs::augment_args(ReadArgs::augment_args(Command::new("swath")));
        let flags: Vec<_> = command.get_arguments().filter_map(Arg::get_long).collect();
        let unknown: Vec<_> = flags.iter().filter(|flag| !SETTINGS.contains(flag)).collect();
        assert!(flags.len() > 20 && unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn what_means_nothing_is_told() {
        let error = parse("max_row = 7").unwrap_err();
        assert_eq!(error.message, "config.toml: there is no option \"max_row\"");
        assert_eq!(error.hint.unwrap(), "did you mean max_rows?");
        assert!(parse("[views]\nv = 1").unwrap_err().message.contains("view v"));
        assert!(parse("max_rows = ").unwrap_err().message.starts_with("config.toml: "));
    }
}
