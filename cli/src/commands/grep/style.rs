//! Names, numbers and colours of printed lines.

use std::path::Path;

use swath::SourceFile;

/// What stands in front of printed lines.
pub(super) struct Style {
    pub(super) names: bool,
    /// Names stand once above the lines of their file.
    pub(super) heading: bool,
    pub(super) numbers: bool,
    pub(super) columns: bool,
    pub(super) bytes: bool,
    pub(super) color: bool,
    /// A NUL byte stands behind names.
    pub(super) null: bool,
    /// The name of standard input.
    pub(super) label: String,
    /// Stands between lines that do not stand together.
    pub(super) separator: Option<String>,
}

/// Where something stands in a file.
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) column: Option<usize>,
    pub(super) byte: u64,
}

const MAGENTA: &str = "35";
const GREEN: &str = "32";
pub(super) const CYAN: &str = "36";
pub(super) const RED_BOLD: &str = "1;31";

impl Style {
    /// Writes `name:number:column:byte:`, as far as it is wanted.
    pub(super) fn prefix(&self, file: &SourceFile, place: Place, separator: u8, text: &mut Vec<u8>) {
        if self.names && !self.heading {
            self.name(file, text);
            match self.null {
                true => text.push(0),
                false => self.separator(separator, text),
            }
        }
        let numbers = [
            self.numbers.then_some(place.number),
            place.column.filter(|_| self.columns).map(|column| column as u64),
            self.bytes.then_some(place.byte),
        ];
        for number in numbers.into_iter().flatten() {
            let number = number.to_string();
            match self.color {
                true => colored(GREEN, number.as_bytes(), text),
                false => text.extend_from_slice(number.as_bytes()),
            }
            self.separator(separator, text);
        }
    }

    /// Writes `name:` for a number that is counted.
    pub(super) fn name_of_count(&self, file: &SourceFile, text: &mut Vec<u8>) {
        if self.names {
            self.name(file, text);
            match self.null {
                true => text.push(0),
                false => self.separator(b':', text),
            }
        }
    }

    /// What a file is called.
    pub(super) fn name_of<'a>(&'a self, file: &'a SourceFile) -> &'a [u8] {
        match file.path == Path::new("/dev/stdin") {
            true => self.label.as_bytes(),
            false => file.path.as_os_str().as_encoded_bytes(),
        }
    }

    fn name(&self, file: &SourceFile, text: &mut Vec<u8>) {
        let name = self.name_of(file);
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

    /// What stands between lines that do not stand together.
    pub(super) fn gap(&self, text: &mut Vec<u8>) {
        let Some(separator) = &self.separator else { return };
        match self.color {
            true => colored(CYAN, separator.as_bytes(), text),
            false => text.extend_from_slice(separator.as_bytes()),
        }
        text.push(b'\n');
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
