//! What all records of a file show, where its head is not to tell alone.

use super::head::{open_head, skip_lines};
use super::sample::Sample;
use crate::encoding::{Encoding, TextStream};
use crate::error::Result;
use crate::options::CsvOptions;
use crate::rewrite::Rewrite;
use crate::scanner::record::{Parsed, is_blank_line, line_ends, parse_record};
use crate::source::SourceFile;
use crate::splitter::RecordBuffer;

impl Sample {
    /// Goes on from what the head of a file shows to what all of it does. Of the file no more is held than a record.
    ///
    /// # Errors
    /// Those of reading and decoding.
    pub(super) fn read_whole(
        &mut self,
        file: &SourceFile,
        encoding: Encoding,
        options: &CsvOptions,
    ) -> Result<()> {
        let rules = self.rules(options, encoding);
        let lines = options.skip.known().unwrap_or(0) + self.skip;
        let (bytes, _) = open_head(&file.path, options.decode(), usize::MAX)?;
        let rewrite = Rewrite::of(&self.dialect, lines, options.skip_footer);
        let stream = TextStream::new(bytes, encoding)?.rewritten(rewrite);
        let mut buffer = RecordBuffer::new(stream, options.max_record_bytes);
        skip_lines(&mut buffer, lines)?;
        let (dialect, width) = (self.dialect.clone(), self.first_types.len());
        let leaves_out = options.on_error.leaves_out();
        let (no_short, no_long) = (leaves_out && !options.pad_short, leaves_out && !options.cut_long);
        let (mut fields, mut records) = (Vec::new(), 0_u64);
        loop {
            let (data, mut at) = (buffer.data(), 0);
            let is_open = loop {
                let text = &data[at..];
                at += match parse_record(text, &dialect, buffer.at_end(), &mut fields) {
                    Parsed::Record { len, .. } if width > 1 && is_blank_line(text, &fields) => len,
                    Parsed::Record { len, .. } => {
                        let is_left_out = no_short && fields.len() < width || no_long && fields.len() > width;
                        if records > options.skip_after_header && !is_left_out {
                            self.see(&text[..len], &fields, &rules);
                        }
                        records += 1;
                        len
                    }
                    Parsed::Blank { len } | Parsed::Comment { len } => len,
                    Parsed::Incomplete => break false,
                    Parsed::Unclosed => break true,
                }
            };
            let lines = line_ends(&data[..at]);
            buffer.consume(at, lines);
            if is_open || buffer.at_end() {
                break;
            }
            buffer.grow()?;
        }
        (self.records, self.whole) = (records, true);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::head::SAMPLE_LEN_BYTES;
    use super::super::testing::{columns_of, infer};
    use super::*;

    #[test]
    fn types_are_those_of_all_values() {
        let many = "1,x,2001-01-01\n".repeat(SAMPLE_LEN_BYTES / 15 + 1);
        let text = format!("a\nn,t,d\n{many}\n2.5,y,2001-01-01 10:00\nlate,,soon\n");
        let head = CsvOptions { skip: 1.into(), ..CsvOptions::default() };
        let whole = CsvOptions { whole_files: true, ..head.clone() };
        assert_eq!(columns_of(&infer(&[&text], &head).unwrap()), "n bigint, t text, d date");
        assert_eq!(columns_of(&infer(&[&text], &whole).unwrap()), "n text, t text, d text");
        let without = CsvOptions { skip_footer: 1, ..whole.clone() };
        assert_eq!(columns_of(&infer(&[&text], &without).unwrap()), "n double, t text, d timestamp");
        // A file that is looked at alone, and one of several.
        assert_eq!(
            columns_of(&infer(&["a\nn,t,d\n1,x,\n", &text], &whole).unwrap()),
            "n text, t text, d text"
        );
    }
}
