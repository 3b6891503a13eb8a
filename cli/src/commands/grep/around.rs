//! Lines around those that are wanted.

use std::collections::VecDeque;

use swath::grep::Context;

use super::style::Style;

/// Which lines around those that are wanted are printed, as they come one after the other.
pub(super) struct Around {
    context: Context,
    /// The last lines that were not printed, with their numbers.
    before: VecDeque<(u64, Vec<u8>)>,
    /// Lines that are still printed behind one that is wanted.
    pub(super) left: usize,
    /// The line of the file that was printed last; 0 if there is none.
    printed: u64,
    /// Something was printed, also of another file.
    any: bool,
}

impl Around {
    pub(super) fn new(context: Context) -> Self {
        let mut around = Self { context, before: VecDeque::new(), left: 0, printed: 0, any: false };
        around.end_file();
        around
    }

    /// Whether all lines are printed.
    fn is_all(&self) -> bool {
        self.context.after == usize::MAX
    }

    /// A line that is wanted, behind what stands before it.
    pub(super) fn push_wanted(&mut self, number: u64, line: &[u8], style: &Style, text: &mut Vec<u8>) {
        let first = self.before.front().map_or(number, |(number, _)| *number);
        let is_gap = match self.printed {
            // Names above the lines keep files apart, and so does nothing where all lines are printed.
            0 => self.any && !style.heading && !self.is_all(),
            printed => first > printed + 1,
        };
        if is_gap {
            style.gap(text);
        }
        for (_, line) in self.before.drain(..) {
            text.extend_from_slice(&line);
        }
        text.extend_from_slice(line);
        (self.printed, self.left, self.any) = (number, self.context.after, true);
    }

    /// A line that is not wanted.
    pub(super) fn push_other(&mut self, number: u64, line: Vec<u8>, text: &mut Vec<u8>) {
        if self.left > 0 {
            self.left -= 1;
            self.printed = number;
            text.extend_from_slice(&line);
        } else if self.context.before > 0 {
            if self.before.len() == self.context.before {
                self.before.pop_front();
            }
            self.before.push_back((number, line));
        }
    }

    pub(super) fn end_file(&mut self) {
        self.before.clear();
        // Where all lines are printed, those in front of the first that is wanted are, too.
        self.left = if self.is_all() { usize::MAX } else { 0 };
        self.printed = 0;
    }
}
