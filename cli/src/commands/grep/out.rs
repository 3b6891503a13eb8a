//! What is found on its way to standard output.

use std::io::{self, BufWriter, Write};

use swath::grep::{Found, Further};

use super::around::Around;
use super::stats::{Counter, Stats};
use super::style::Place;
use super::{FAILED, Files, Job, NOT_FOUND, What, json};
use crate::exit_codes::DONE;
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
    counter: Counter,
    /// The name stands above the lines of the file at hand; of any file.
    headed: (bool, bool),
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
            counter: Counter::new(),
            headed: (false, false),
            found: false,
            code: job.code,
        }
    }

    /// Writes out what is left: whether anything was found, the exit code so far, and what it took.
    pub(super) fn finish(mut self) -> (bool, u8, Stats) {
        let total = self.counter.total();
        let summary = if self.job.what == What::Json { json::summary(total) } else { Vec::new() };
        if let Err(error) = self.sink.write_all(&summary).and_then(|()| self.sink.flush()) {
            self.failed(&error);
        }
        (self.found, self.code, total.0)
    }

    pub(super) fn take(&mut self, file: usize, found: &Found) -> Further {
        self.counter.searched(found.searched_bytes);
        if let Some(mut around) = self.around.take() {
            let further = self.take_around(file, found, &mut around);
            self.around = Some(around);
            return further;
        }
        let left = self.job.max_count - self.in_file;
        let hits = usize::try_from(left).unwrap_or(usize::MAX).min(found.ends.len());
        self.in_file += hits as u64;
        self.found |= hits > 0;
        found.matches.iter().take(hits).for_each(|matches| self.counter.hit(*matches));
        let text = &found.text[..hits.checked_sub(1).map_or(0, |last| found.ends[last])];
        let written = match self.job.what {
            What::Nothing if self.found => {
                self.counter.end_file();
                return Further::Stop;
            }
            What::Lines | What::LinesOfMatches | What::Matches | What::Json => self.print_found(file, text),
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
        for (hit, (place, &end)) in found.places.iter().zip(&found.ends).enumerate() {
            let is_last = self.in_file >= self.job.max_count;
            if is_last && around.left == 0 {
                is_done = true;
                break;
            }
            // As grep has it, a line that is one too many may still stand around the last.
            let is_wanted = place.is_wanted && !is_last;
            let mut line = Vec::new();
            let separator = if is_wanted { b':' } else { b'-' };
            let column = place.column.filter(|_| is_wanted);
            let at = Place { number: place.number, column, byte: place.byte };
            self.job.style.prefix(&self.job.files[file], at, separator, &mut line);
            match &found.text[start..end] {
                message if self.job.what == What::Json && !is_wanted => line = json::as_context(message),
                text => line.extend_from_slice(text),
            }
            start = end;
            if is_wanted {
                self.counter.hit(found.matches.get(hit).copied().unwrap_or_default());
                self.in_file += 1;
                self.found = true;
                around.push_wanted(place.number, &line, &self.job.style, &mut text);
            } else {
                around.push_other(place.number, line, &mut text);
            }
        }
        if let Err(error) = self.print_found(file, &text) {
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
                self.job.style.name_of_count(name, &mut text);
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
        let mut written = self.print(&text);
        let stats = self.counter.end_file();
        if self.job.what == What::Json && self.headed.0 {
            written = self.write(&json::end(self.job.style.name_of(name), stats));
        }
        (self.in_file, self.matches_in_file, self.headed.0) = (0, 0, false);
        if let Some(around) = &mut self.around {
            around.end_file();
        }
        match written {
            Ok(()) => Further::On,
            Err(error) => {
                self.failed(&error);
                Further::Stop
            }
        }
    }

    /// Prints what was found in a file, below its name if that is to stand there.
    fn print_found(&mut self, file: usize, text: &[u8]) -> io::Result<()> {
        let style = &self.job.style;
        if style.heading && style.names && !self.headed.0 && !text.is_empty() {
            let mut heading = if self.headed.1 { b"\n".to_vec() } else { Vec::new() };
            style.line_of_name(&self.job.files[file], &mut heading);
            self.headed = (true, true);
            self.print(&heading)?;
        }
        if self.job.what == What::Json && !self.headed.0 && !text.is_empty() {
            self.headed = (true, true);
            self.print(&json::begin(style.name_of(&self.job.files[file])))?;
        }
        self.print(text)
    }

    /// Prints what is counted as printed.
    fn print(&mut self, text: &[u8]) -> io::Result<()> {
        self.counter.printed(text.len());
        self.write(text)
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.sink.write_all(text)?;
        if self.job.line_buffered && !text.is_empty() {
            self.sink.flush()?;
        }
        Ok(())
    }

    fn failed(&mut self, error: &io::Error) {
        // A pipe whose reader has seen enough is no failure.
        if error.kind() != io::ErrorKind::BrokenPipe {
            report::error(&not_written(error));
            self.code = FAILED;
        }
    }
}

/// Prints the names of files that would be searched, and returns the exit code.
pub(super) fn print_names(files: &Files, null: bool) -> Result<u8, Report> {
    let end = if null { b"\0" } else { b"\n" };
    let mut sink = BufWriter::new(io::stdout().lock());
    let mut print = || {
        for file in &files.found {
            sink.write_all(file.path.as_os_str().as_encoded_bytes())?;
            sink.write_all(end)?;
        }
        sink.flush()
    };
    match print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(not_written(&error)),
        _ if files.code != DONE => Ok(files.code),
        _ if files.found.is_empty() => Ok(NOT_FOUND),
        _ => Ok(DONE),
    }
}

fn not_written(error: &io::Error) -> Report {
    Report::with_hint(format!("cannot write to standard output: {error}"), "check the space left on the disk")
}
