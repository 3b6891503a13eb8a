//! A table in HTML: only the element, to be put into a page.

use std::io::{self, Write};

use swath::arrow::array::RecordBatch;
use swath::arrow::datatypes::SchemaRef;

use super::ResultWriter;
use super::text::{Cells, is_null, is_number};

/// Writes a `<table>`. Null is an empty cell of the class `null`, numbers are of the class `number`.
pub struct HtmlWriter {
    schema: SchemaRef,
}

impl HtmlWriter {
    /// A writer for these columns.
    pub fn new(schema: SchemaRef) -> Self {
        Self { schema }
    }
}

impl ResultWriter for HtmlWriter {
    fn start(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"<table>\n<thead>\n<tr>")?;
        for field in self.schema.fields() {
            write!(out, "<th>{}</th>", escape(field.name()))?;
        }
        out.write_all(b"</tr>\n</thead>\n<tbody>\n")
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let mut cells = Cells::new(batch)?;
        for row in 0..batch.num_rows() {
            out.write_all(b"<tr>")?;
            for (index, column) in batch.columns().iter().enumerate() {
                if is_null(column, row) {
                    out.write_all(b"<td class=\"null\"></td>")?;
                    continue;
                }
                let class = if is_number(column.data_type()) { " class=\"number\"" } else { "" };
                write!(out, "<td{class}>{}</td>", escape(cells.text(index, row)?))?;
            }
            out.write_all(b"</tr>\n")?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"</tbody>\n</table>\n")
    }
}

/// Text as it is written in HTML and XML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use crate::format::Format;
    use crate::format::tests::{sample, written};

    #[test]
    fn what_means_something_in_html_is_escaped() {
        assert_eq!(
            written(&Format::Html, &[sample()]),
            "<table>\n<thead>\n<tr><th>te|xt</th><th>n</th></tr>\n</thead>\n<tbody>\n\
             <tr><td>a,&quot;b&quot;\nc|</td><td class=\"number\">1.5</td></tr>\n\
             <tr><td class=\"null\"></td><td class=\"number\">-20.0</td></tr>\n\
             <tr><td></td><td class=\"null\"></td></tr>\n</tbody>\n</table>\n"
        );
        assert_eq!(super::escape("<a & b>"), "&lt;a &amp; b&gt;");
    }
}
