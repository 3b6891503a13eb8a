//! What is found on its way to standard output.

use std::io::{self, BufWriter, Write};

use swath::grep::{Found, Further};

use super::around::Around;
use super::{FAILED, Job, What};
use crate::report::{self, Report};

/// What is found on its way to standard output.
pub(super) struct Out<'a> {
    job: &'a Job,
    sink: BufWriter<io::StdoutLock<'static>>,
    /// Lines found in the file so far.
    in_file: u64,
    /// Matches found in the file so far, where they are counted.
    matches_in_file: usize,
    /// What lines around hits are printed, if any are.
    around: Option<Around>,
    found: bool,
    code: u8,
}

impl<'a> Out<'a> {
    pub(super) fn new(job: &'a Job) -> Self {
        Self {
            job,
            sink: BufWriter::with_capacity(64 << 10, io::stdout().lock()),
            in_file: 0,
            matches_in_file: 0,
            around: job.context.map(Around::new),
            found: false,
            code: job.code,
        }
    }

    /// Writes out what is left: whether anything was found, and the exit code so far.
    pub(super) fn finish(mut self) -> (bool, u8) {
        if let Err(error) = self.sink.flush() {
            self.failed(&error);
        }
        (self.found, self.code)
    }

    pub(super) fn take(&mut self, file: usize, found: &Found) -> Further {
        if let Some(mut around) = self.around.take() {
            let further = self.take_around(file, found, &mut around);
            self.around = Some(around);
            return further;
        }
        let left = self.job.max_count - self.in_file;
        let hits = usize::try_from(left).unwrap_or(usize::MAX).min(found.ends.len());
        self.in_file += hits as u64;
        self.found |= hits > 0;
        let text = &found.text[..hits.checked_sub(1).map_or(0, |last| found.ends[last])];
        let written = match self.job.what {
            What::Nothing if self.found => return Further::Stop,
            What::Lines | What::Matches => self.print(text),
            What::MatchCounts => {
                self.matches_in_file += text.len();
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(error) = written {
            self.failed(&error);
            return Further::Stop;
        }
        if self.in_file >= self.job.max_count
            || matches!(self.job.what, What::Names | What::OtherNames) && self.in_file > 0
        {
            // Nothing tells of the end of a file that is left.
            return match self.end(file, None) {
                Further::Stop => Further::Stop,
                _ => Further::NextFile,
            };
        }
        Further::On
    }

    /// Prints lines and what is around them.
    fn take_around(&mut self, file: usize, found: &Found, around: &mut Around) -> Further {
        let mut text = Vec::new();
        let (mut start, mut is_done) = (0, false);
        for (place, &end) in found.places.iter().zip(&found.ends) {
            let is_last = self.in_file >= self.job.max_count;
            if is_last && around.left == 0 {
                is_done = true;
                break;
            }
            // As grep has it, a line that is one too many may still stand around the last.
            let is_wanted = place.is_wanted && !is_last;
            let mut line = Vec::new();
            let separator = if is_wanted { b':' } else { b'-' };
            self.job.style.prefix(&self.job.files[file], place.number, separator, &mut line);
            line.extend_from_slice(&found.text[start..end]);
            start = end;
            if is_wanted {
                self.in_file += 1;
                self.found = true;
                around.push_wanted(place.number, &line, self.job.style.color, &mut text);
            } else {
                around.push_other(place.number, line, &mut text);
            }
        }
        if let Err(error) = self.print(&text) {
            self.failed(&error);
            return Further::Stop;
        }
        if !is_done && (self.in_file < self.job.max_count || around.left > 0) {
            return Further::On;
        }
        around.end_file();
        match self.end(file, None) {
            Further::Stop => Further::Stop,
            _ => Further::NextFile,
        }
    }

    pub(super) fn end(&mut self, file: usize, error: Option<swath::Error>) -> Further {
        let is_broken = error.is_some();
        if let Some(error) = error {
            // What was found before the error is shown before the error.
            let _ = self.sink.flush();
            self.job.tell(&error.into());
            self.code = FAILED;
        }
        let name = &self.job.files[file];
        let mut text = Vec::new();
        match self.job.what {
            What::Counts | What::MatchCounts => {
                let count = match self.job.what {
                    What::MatchCounts => self.matches_in_file as u64,
                    _ => self.in_file,
                };
                self.job.style.prefix(name, 0, b':', &mut text);
                text.extend_from_slice(format!("{count}\n").as_bytes());
            }
            What::OtherNames if self.in_file == 0 && !is_broken => {
                self.job.style.line_of_name(name, &mut text);
            }
            What::Names if self.in_file > 0 => {
                self.job.style.line_of_name(name, &mut text);
            }
            _ => {}
        }
        (self.in_file, self.matches_in_file) = (0, 0);
        if let Some(around) = &mut self.around {
            around.end_file();
        }
        match self.print(&text) {
            Ok(()) => Further::On,
            Err(error) => {
                self.failed(&error);
                Further::Stop
            }
        }
    }

    fn print(&mut self, text: &[u8]) -> io::Result<()> {
        self.sink.write_all(text)?;
        if self.job.line_buffered && !text.is_empty() {
            self.sink.flush()?;
        }
        Ok(())
    }

    fn failed(&mut self, error: &io::Error) {
        // A pipe whose reader has seen enough is no failure.
        if error.kind() != io::ErrorKind::BrokenPipe {
            let hint = "check the space left on the disk";
            report::error(&Report::with_hint(format!("cannot write to standard output: {error}"), hint));
            self.code = FAILED;
        }
    }
}
