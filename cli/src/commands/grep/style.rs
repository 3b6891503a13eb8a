//! Names, numbers and colours of printed lines.

use std::path::Path;

use swath::SourceFile;
use swath::grep::Hit;

/// How lines are printed.
pub(super) struct Style {
    pub(super) names: bool,
    pub(super) numbers: bool,
    pub(super) color: bool,
    /// A NUL byte stands behind names.
    pub(super) null: bool,
}

const MAGENTA: &str = "35";
const GREEN: &str = "32";
pub(super) const CYAN: &str = "36";
pub(super) const RED_BOLD: &str = "1;31";

impl Style {
    /// Writes `name:number:`, as far as it is wanted.
    pub(super) fn prefix(&self, file: &SourceFile, number: u64, separator: u8, text: &mut Vec<u8>) {
        if self.names {
            self.name(file, text);
            match self.null {
                true => text.push(0),
                false => self.separator(separator, text),
            }
        }
        if self.numbers {
            let number = number.to_string();
            match self.color {
                true => colored(GREEN, number.as_bytes(), text),
                false => text.extend_from_slice(number.as_bytes()),
            }
            self.separator(separator, text);
        }
    }

    fn name(&self, file: &SourceFile, text: &mut Vec<u8>) {
        let name = match file.path == Path::new("/dev/stdin") {
            true => b"(standard input)",
            false => file.path.as_os_str().as_encoded_bytes(),
        };
        match self.color {
            true => colored(MAGENTA, name, text),
            false => text.extend_from_slice(name),
        }
    }

    /// A name alone.
    pub(super) fn line_of_name(&self, file: &SourceFile, text: &mut Vec<u8>) {
        self.name(file, text);
        text.push(if self.null { 0 } else { b'\n' });
    }

    fn separator(&self, separator: u8, text: &mut Vec<u8>) {
        match self.color {
            true => colored(CYAN, &[separator], text),
            false => text.push(separator),
        }
    }
}

pub(super) fn colored(color: &str, piece: &[u8], text: &mut Vec<u8>) {
    text.extend_from_slice(format!("\x1b[{color}m").as_bytes());
    text.extend_from_slice(piece);
    text.extend_from_slice(b"\x1b[0m");
}

pub(super) fn color_matches(hit: &Hit<'_>, text: &mut Vec<u8>) {
    let mut at = 0;
    for range in hit.matches() {
        text.extend_from_slice(&hit.line[at..range.start]);
        at = range.end;
        colored(RED_BOLD, &hit.line[range], text);
    }
    text.extend_from_slice(&hit.line[at..]);
}
