//! The shell on a terminal: what is typed, and what is on the screen.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use rexpect::session::{PtySession, spawn_command};
use tempfile::TempDir;

/// A machine that is busy with other tests takes its time.
const PATIENCE_MS: u64 = 60_000;

/// A folder with a table, which is also the home of a user.
fn home() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("air.csv"), "Dest,DepDelay\nBOS,12\nACV,NA\nBOS,20\n").unwrap();
    fs::write(dir.path().join("script.sql"), "SELECT 'from a file' AS s;\n").unwrap();
    dir
}

/// A shell with a terminal of its own, at its first prompt.
fn shell(dir: &TempDir) -> PtySession {
    begin(dir, Command::new(cargo_bin("swath")))
}

/// The same on a terminal of so many columns.
fn shell_of_width(dir: &TempDir, columns: usize) -> PtySession {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("stty rows 24 cols {columns} && exec \"$0\"")).arg(cargo_bin("swath"));
    begin(dir, command)
}

fn begin(dir: &TempDir, mut command: Command) -> PtySession {
    command.current_dir(dir.path()).env_clear();
    command.env("HOME", dir.path()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TERM", "xterm").env("NO_COLOR", "1").env("SWATH_PAGER", "");
    let mut shell = spawn_command(command, Some(PATIENCE_MS)).unwrap();
    shell.exp_string("Ctrl-D leaves.").unwrap();
    shell.exp_string("swath> ").unwrap();
    shell
}

/// What the editor writes when it has taken a line.
const TAKEN: &str = "\x1b[?2004l";

/// Types keys, without the end of a line.
fn type_keys(shell: &mut PtySession, keys: &str) {
    shell.send(keys).unwrap();
    shell.flush().unwrap();
}

/// Types a line, and waits for what it must show: in ASCII, as the other side reads bytes.
fn ask(shell: &mut PtySession, line: &str, answer: &str) {
    shell.send_line(line).unwrap();
    shell.exp_string(TAKEN).unwrap();
    shell.exp_string(answer).unwrap();
    shell.exp_string("swath> ").unwrap();
}

fn leave(mut shell: PtySession) {
    shell.send_control('d').unwrap();
    shell.exp_eof().unwrap();
}

#[test]
fn statements_are_answered_and_errors_show_the_place() {
    let dir = home();
    let mut shell = shell(&dir);
    ask(&mut shell, "SELECT max(depdelay) AS longest FROM 'air.csv';", "      20 ");
    ask(&mut shell, "SELECT DepDely FROM 'air.csv';", "       ^^^^^^^");
    // A statement goes on until its semicolon.
    shell.send_line("SELECT 40 +").unwrap();
    shell.send_line("  2 AS answer;").unwrap();
    shell.exp_string("     42 ").unwrap();
    shell.exp_string("1 row in ").unwrap();
    // Keys that come before the prompt are not read as such.
    shell.exp_string("swath> ").unwrap();
    leave(shell);
}

#[test]
fn tab_completes_columns_and_paths() {
    let dir = home();
    let mut shell = shell(&dir);
    type_keys(&mut shell, "FROM 'ai\t");
    shell.exp_string("air.csv'").unwrap();
    shell.send_line(" LIMIT 1;").unwrap();
    shell.exp_string("BOS ").unwrap();
    shell.exp_string("swath> ").unwrap();
    type_keys(&mut shell, "FROM 'air.csv' SELECT sum(depd\t");
    shell.exp_string("DepDelay").unwrap();
    shell.send_line(") AS s;").unwrap();
    shell.exp_string("     32 ").unwrap();
    shell.exp_string("swath> ").unwrap();
    type_keys(&mut shell, ".tim\t");
    shell.exp_string(".timer").unwrap();
    shell.send_control('c').unwrap();
    shell.exp_string("swath> ").unwrap();
    leave(shell);
}

#[test]
fn an_interrupt_drops_the_line_or_the_query_and_keeps_the_session() {
    let dir = home();
    let mut shell = shell(&dir);
    ask(&mut shell, "CREATE VIEW v AS SELECT 7 AS seven;", "");
    type_keys(&mut shell, "SELECT nonsense");
    shell.exp_string("nonsense").unwrap();
    shell.send_control('c').unwrap();
    shell.exp_string("swath> ").unwrap();
    shell
        .send_line("SELECT sum(value) AS s FROM generate_series(1, 1000000000000) WHERE value % 7 = 3;")
        .unwrap();
    shell.exp_string(TAKEN).unwrap();
    shell.exp_string("\n").unwrap();
    // The query begins at once; what is waited for here is only that it is under way.
    std::thread::sleep(std::time::Duration::from_millis(500));
    shell.send_control('c').unwrap();
    shell.exp_string("interrupted").unwrap();
    shell.exp_string("swath> ").unwrap();
    ask(&mut shell, "SELECT seven FROM v;", "      7 ");
    leave(shell);
}

#[test]
fn commands_of_the_shell() {
    let dir = home();
    let mut shell = shell(&dir);
    ask(&mut shell, ".help", ".schema");
    ask(&mut shell, ".mod csv", "");
    ask(&mut shell, ".mode csv", "");
    ask(&mut shell, "SELECT Dest FROM 'air.csv' ORDER BY DepDelay DESC LIMIT 2;", "Dest\r\nBOS\r\nBOS");
    ask(&mut shell, ".save out.tsv", "");
    ask(&mut shell, ".mode chart", "");
    ask(&mut shell, "SELECT DepDelay FROM 'air.csv';", "2 values from 12 to 20, mean 16, 1 null, in ");
    ask(&mut shell, ".save plot.svg", "");
    assert!(fs::read_to_string(dir.path().join("plot.svg")).unwrap().starts_with("<svg "));
    ask(
        &mut shell,
        "SELECT Dest FROM 'air.csv' ORDER BY DepDelay DESC LIMIT 2;",
        "no chart shows these columns",
    );
    ask(&mut shell, ".mode csv", "");
    assert_eq!(fs::read_to_string(dir.path().join("out.tsv")).unwrap(), "Dest\nBOS\nBOS\n");
    ask(&mut shell, ".read script.sql", "from a file");
    ask(&mut shell, ".schema air.csv", "DepDelay,BIGINT");
    ask(&mut shell, ".sniff 'air.csv'", "types = {'Dest': 'text', 'DepDelay': 'bigint'}");
    ask(&mut shell, ".tabels", "did you mean .tables?");
    ask(&mut shell, ".output all.csv", "");
    ask(&mut shell, ".cd /", "");
    ask(&mut shell, "SELECT 1 AS one; SELECT 2 AS two;", "");
    ask(&mut shell, ".output", "");
    ask(&mut shell, &format!(".cd {}", dir.path().display()), "");
    assert_eq!(fs::read_to_string(dir.path().join("all.csv")).unwrap(), "one\n1\ntwo\n2\n");
    ask(&mut shell, ".explain SELECT Dest FROM 'air.csv'", "pass 1: csv 'air.csv'");
    ask(&mut shell, ".graph plan.svg SELECT Dest FROM 'air.csv'", "");
    assert!(fs::read_to_string(dir.path().join("plan.svg")).unwrap().starts_with("<svg "));
    ask(&mut shell, ".shell echo from-$((40+2))", "from-42");
    ask(&mut shell, ".set maxrows 5", "");
    ask(&mut shell, ".show", "maxrows = 5");
    shell.send_line(".exit").unwrap();
    shell.exp_eof().unwrap();
}

#[test]
fn the_guide_shows_what_the_shell_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = fs::read_to_string(root.join("docs/src/shell.md")).unwrap();
    let blocks = |fence: &str| -> Vec<String> {
        let begins = format!("```{fence}\n");
        page.split(&begins).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
    };
    let dir = home();
    std::os::unix::fs::symlink(root.join("datasets"), dir.path().join("datasets")).unwrap();
    let config = dir.path().join(".config/swath");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), &blocks("toml")[0]).unwrap();
    let mut typed = 0;
    for block in blocks("swath") {
        let mut shell = shell(&dir);
        for part in block.split("swath> ").skip(1) {
            typed += 1;
            let (line, shown) = part.split_once('\n').unwrap();
            shell.send_line(line).unwrap();
            shell.exp_string(TAKEN).unwrap();
            for shown in shown.lines() {
                // How long it takes is another time each time, and the terminal's side reads bytes.
                let shown = shown.split(" in ").next().unwrap();
                let words = shown
                    .split(|char: char| !(char.is_ascii_graphic() || char == ' '))
                    .max_by_key(|part| part.len());
                shell.exp_string(words.unwrap().trim()).unwrap();
            }
            shell.exp_string("swath> ").unwrap();
        }
        leave(shell);
    }
    assert!(typed >= 8, "typed {typed} lines");
}

#[test]
fn the_history_is_searched_and_statements_of_several_lines_come_back_whole() {
    let dir = home();
    let mut shell = shell(&dir);
    shell.send_line("SELECT max(DepDelay)").unwrap();
    shell.send_line("  AS longest").unwrap();
    ask(&mut shell, "  FROM 'air.csv';", "      20 ");
    ask(&mut shell, "SELECT 1 AS one;", "   1 ");
    // Ctrl-R, and a word of the statement before the last one.
    type_keys(&mut shell, "\x12longes");
    shell.exp_string("AS longest").unwrap();
    shell.send_line("").unwrap();
    shell.exp_string("      20 ").unwrap();
    shell.exp_string("swath> ").unwrap();
    leave(shell);
}

#[test]
fn statements_pasted_at_once_are_answered_in_order() {
    let dir = home();
    let mut shell = shell(&dir);
    // As a terminal hands a paste on.
    type_keys(&mut shell, "\x1b[200~SELECT 1 + 1 AS a;\nSELECT 'x'\n || 'y' AS b;\n\x1b[201~");
    shell.send_line("").unwrap();
    shell.exp_string("  2 ").unwrap();
    shell.exp_string(" xy ").unwrap();
    shell.exp_string("swath> ").unwrap();
    leave(shell);
}

#[test]
fn words_of_other_shells_and_the_home() {
    let dir = home();
    let mut shell = shell(&dir);
    ask(&mut shell, "help", ".schema");
    ask(&mut shell, "SELECT count(*) + 40 AS n FROM '~/air.csv';", " 43 ");
    ask(&mut shell, ".read ~/script.sql", "from a file");
    ask(&mut shell, ".save ~/saved.csv", "");
    assert_eq!(fs::read_to_string(dir.path().join("saved.csv")).unwrap(), "s\nfrom a file\n");
    type_keys(&mut shell, "FROM '~/ai\t");
    shell.exp_string("~/air.csv'").unwrap();
    shell.send_control('c').unwrap();
    shell.exp_string("swath> ").unwrap();
    shell.send_line("exit").unwrap();
    shell.exp_eof().unwrap();
}

#[test]
fn habits_from_other_shells() {
    let dir = home();
    let mut shell = shell(&dir);
    ask(&mut shell, "CREATE VIEW late AS SELECT * FROM 'air.csv' WHERE DepDelay > 15;", "");
    ask(&mut shell, "\\d", "late");
    ask(&mut shell, "\\d late", "DepDelay");
    ask(&mut shell, ".nullvalue nix", "");
    ask(&mut shell, "SELECT DepDelay AS d FROM 'air.csv';", " nix ");
    ask(&mut shell, ".mode duckbox", "");
    ask(&mut shell, ".mode", "table");
    ask(&mut shell, ".databases", "FROM 'data/*.csv.gz' reads files");
    ask(&mut shell, ".headers on", "HEADER false");
    ask(&mut shell, "\\copy late to x.csv", "COPY (SELECT");
    ask(&mut shell, "\\nosuch", "there is no command \\nosuch");
    ask(&mut shell, ".print hello, you", "hello, you");
    ask(&mut shell, ".maxrows all", "");
    ask(&mut shell, ".maxrows", "0");
    ask(&mut shell, ".maxrows few", "rows of a table that are shown, 0 for all");
    leave(shell);
}

#[test]
fn files_with_commands_are_read_and_results_go_to_a_file_once() {
    let dir = home();
    let file = |name: &str| dir.path().join(name);
    fs::write(
        file("tour.sql"),
        ".mode csv\nSELECT 1 AS a;\nSELECT '\n.mode json\n' AS b, 2 AS\n c;\n.print between\n.mode jsonl\nSELECT 3 AS d\n",
    )
    .unwrap();
    fs::write(file("loop.sql"), ".read loop.sql\n").unwrap();
    let mut shell = shell(&dir);
    shell.send_line(".read tour.sql").unwrap();
    for shown in ["a\r\n1\r\n", "b,c\r\n", ".mode json", "between", "{\"d\":3}", "swath> "] {
        shell.exp_string(shown).unwrap();
    }
    ask(&mut shell, ".read loop.sql", "a file reads itself");
    ask(&mut shell, ".mode csv", "");
    ask(&mut shell, ".once one.parquet", "");
    ask(&mut shell, "SELECT 1 AS one;", "");
    assert!(fs::read(file("one.parquet")).unwrap().starts_with(b"PAR1"));
    ask(&mut shell, "SELECT 40 + 2 AS two;", "42");
    ask(&mut shell, ".once none.csv", "");
    ask(&mut shell, "SELECT nosuch;", "nosuch");
    assert!(!file("none.csv").exists());
    ask(&mut shell, ".output all.csv", "");
    ask(&mut shell, ".output stdout", "");
    ask(&mut shell, "SELECT 40 + 3 AS three;", "43");
    assert!(!file("stdout").exists());
    leave(shell);
}

#[test]
fn messages_fit_a_narrow_terminal() {
    let dir = home();
    let mut shell = shell_of_width(&dir, 40);
    // Whole words, and the statement's own line with its mark in one line.
    ask(&mut shell, "SELECT sum(Dest) FROM 'air.csv';", "hint: where a text holds numbers,\r\n    TRY_CAST(");
    leave(shell);
}

#[test]
fn history_and_configuration_last() {
    let dir = home();
    let config = dir.path().join(".config/swath");
    fs::create_dir_all(&config).unwrap();
    fs::write(
        config.join("config.toml"),
        "nulls = 'none'\n[views]\nair = \"SELECT * FROM 'air.csv'\"\nbroken = \"SELECT * FROM 'no.csv'\"\n",
    )
    .unwrap();
    let mut first = shell(&dir);
    ask(&mut first, "SELECT DepDelay FROM air;", "     none ");
    ask(&mut first, ".tables", "broken");
    ask(&mut first, " SELECT 'secret' AS s;", " secret ");
    leave(first);

    let history = fs::read_to_string(dir.path().join(".local/state/swath/history")).unwrap();
    assert!(history.contains("SELECT DepDelay FROM air;") && !history.contains("secret"), "{history}");
    let mut second = shell(&dir);
    ask(&mut second, ".history", "SELECT DepDelay FROM air;");
    // The line before the last one is back.
    type_keys(&mut second, "\x1b[A\x1b[A\x1b[A");
    second.exp_string("SELECT DepDelay FROM air;").unwrap();
    second.send_line("").unwrap();
    second.exp_string("     none ").unwrap();
    second.exp_string("swath> ").unwrap();
    leave(second);
}
