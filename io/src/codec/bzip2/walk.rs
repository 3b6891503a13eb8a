//! The inverse of the sort: the rows walked backwards, on many ways at once.
//!
//! Row r of the sorted rotations ends with the byte that comes before the rotation's own text. With
//! `first` the rows of the rotations that begin with that byte, the rotation that begins there is row
//! `first[byte] + number`, as equal bytes come in the same order in both columns. From the row of the text
//! itself this gives the text from its end to its beginning:
//!
//! ```text
//!  row ──▶ byte, number ──▶ row' = first[byte] + number ──▶ byte' …
//!  text:   … byte'' byte' byte
//! ```
//!
//! Each step waits for the row, which is in the third cache at best: some 50 cycles. So the ways from many rows,
//! a segment each, are walked at once. Every 900th row is marked as the start of a segment, and the
//! row of the text too. A lane walks until it comes to a marked row; there its segment ends and another
//! begins, whose number the row holds. Then it takes a segment that nobody has walked.
//!
//! All lanes write one byte in each step, into a stripe of memory with a place for each lane. What a lane
//! wrote there for one segment is a piece. A segment is a list of pieces, and the text a list of segments.

use super::column::{Column, NUMBER_SHIFT, Row, Rows};

/// Ways that are walked at once. The processor keeps about 24 loads waiting; from as many lanes on
/// nothing is gained, and nothing is lost up to 48.
const LANES: usize = 32;

/// Lanes that are stepped without a loop between them. The fewer instructions a step has, the more steps the
/// processor has under way: with 8 the walk takes a fifth less time than with 1.
const UNROLL: usize = 8;

/// Bytes of a lane in a stripe. Not a multiple of the 64 bytes of a cache line, so that the lanes come to new
/// lines at different times: with 576 the walk took half as long again.
const CHUNK_LEN: usize = 578;

/// Rows from one start of a segment to the next. Longer segments leave lanes idle for longer at the end,
/// shorter ones cost a misprediction each. Between 450 and 1800 there is little difference.
const SEGMENT_LEN: usize = 900;

/// Marks a row as a start. It has the segment's number in place of its own.
const START: Row = 1 << 8;

/// A row that follows itself: where lanes go that have nothing left to do. No block has it.
const NOWHERE: Row = u32::MAX << NUMBER_SHIFT;

/// The text of a block as the lanes leave it: in pieces.
#[derive(Debug)]
pub(super) struct Pieces {
    bytes: Box<[u8]>,
    pieces: Vec<Piece>,
    segments: Vec<Segment>,
    /// The pieces of the text in its order.
    order: Vec<u32>,
}

/// Bytes of a segment that lie together.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: u32,
    len: u32,
    /// What comes before it in the text.
    before: Before,
}

#[derive(Debug, Clone, Copy)]
enum Before {
    Piece(u32),
    Segment(u32),
}

/// The way from one marked row to the next.
#[derive(Debug, Clone, Copy)]
struct Segment {
    /// What the marked row held.
    row: Row,
    /// The piece that was written first, which comes last in the text.
    last_piece: u32,
}

impl Pieces {
    /// Room for the text of any block of at most `max_len` bytes.
    pub(super) fn new(max_len: usize) -> Self {
        // Lanes write nothing twice, but each may be idle for up to one stripe.
        let bytes = vec![0; max_len + LANES * CHUNK_LEN].into();
        Self { bytes, pieces: Vec::new(), segments: Vec::new(), order: Vec::new() }
    }

    /// Walks all rows. The text is that of the row `origin`, which must be one of the column's.
    ///
    /// Where the rows do not make one circle but several, which happens if the text repeats itself as a
    /// whole and if the block is damaged, it is the circle of that row, over and over.
    pub(super) fn walk(&mut self, column: &mut Column, origin: usize) {
        let first_rows_4096 = column.first_rows_4096();
        let len = column.len();
        let rows = column.rows_mut();
        rows[(NOWHERE >> NUMBER_SHIFT) as usize] = NOWHERE;
        self.pieces.clear();
        self.mark_starts(rows, len, origin);
        let mut walk = Walk::begin(self);
        while walk.active > 0 {
            walk.stripe(rows, &first_rows_4096);
        }
        self.put_in_order();
    }

    /// Marks the starts of segments. The first is that of the text.
    fn mark_starts(&mut self, rows: &mut Rows, len: usize, origin: usize) {
        self.segments.clear();
        for start in std::iter::once(origin).chain((SEGMENT_LEN / 2..len).step_by(SEGMENT_LEN)) {
            let row = rows[start];
            if row & START == 0 {
                rows[start] = (self.segments.len() as u32) << NUMBER_SHIFT | START;
                self.segments.push(Segment { row, last_piece: 0 });
            }
        }
    }

    /// Finds the order of the pieces, from the end of the text to its beginning, where it would begin anew.
    fn put_in_order(&mut self) {
        self.order.clear();
        let mut at = self.segments[0].last_piece;
        loop {
            self.order.push(at);
            at = match self.pieces[at as usize].before {
                Before::Piece(piece) => piece,
                Before::Segment(0) => break,
                Before::Segment(segment) => self.segments[segment as usize].last_piece,
            };
        }
        self.order.reverse();
    }

    /// The pieces of the text in its order. After the last one comes the first again, if the text is longer.
    pub(super) fn piece(&self, index: usize) -> &[u8] {
        let Piece { start, len, .. } = self.pieces[self.order[index % self.order.len()] as usize];
        &self.bytes[start as usize..][..len as usize]
    }
}

/// A walk under way.
struct Walk<'a> {
    bytes: &'a mut [u8],
    pieces: &'a mut Vec<Piece>,
    segments: &'a mut [Segment],
    /// Segments that were taken.
    taken: usize,
    /// Lanes that have a segment. They are the first ones.
    active: usize,
    /// The row that each lane comes to next.
    rows: [Row; LANES],
    /// The piece that each lane writes; none if it became idle in this stripe.
    open: [Option<Open>; LANES],
    /// Where the stripe begins.
    start: usize,
}

/// A piece that is being written.
#[derive(Debug, Clone, Copy)]
struct Open {
    piece: u32,
    /// The step of the stripe with which it began.
    since: usize,
}

impl<'a> Walk<'a> {
    fn begin(target: &'a mut Pieces) -> Self {
        let Pieces { bytes, pieces, segments, .. } = target;
        let mut walk = Self {
            bytes,
            pieces,
            segments,
            taken: 0,
            active: 0,
            rows: [NOWHERE; LANES],
            open: [None; LANES],
            start: 0,
        };
        while walk.active < LANES && walk.taken < walk.segments.len() {
            let lane = walk.active;
            walk.rows[lane] = walk.take_segment(lane, 0);
            walk.active += 1;
        }
        walk
    }

    /// Lets all lanes write one stripe, and closes its pieces.
    fn stripe(&mut self, rows: &Rows, first_rows_4096: &[u32; 256]) {
        let full = self.active == LANES;
        let len = self.active * CHUNK_LEN;
        let (out, rest) = std::mem::take(&mut self.bytes).split_at_mut(len);
        self.bytes = rest;
        let chunks = out.as_chunks_mut().0;
        let mut lanes = self.rows;
        let at_start = |lane, step, segment| self.end_segment(lane, step, segment);
        if full {
            step_all::<UNROLL>(rows, first_rows_4096, &mut lanes, chunks, at_start);
        } else {
            step_all::<1>(rows, first_rows_4096, &mut lanes, chunks, at_start);
        }
        self.rows = lanes;
        self.begin_stripe(len);
    }

    /// A lane came to a marked row in a step: it ends its segment and takes another one. Returns the row from
    /// which it goes on.
    #[cold]
    fn end_segment(&mut self, lane: usize, step: usize, before: u32) -> Row {
        self.close(lane, step, Before::Segment(before));
        if self.taken < self.segments.len() { self.take_segment(lane, step) } else { NOWHERE }
    }

    /// Gives the next segment to a lane. Returns its first row.
    fn take_segment(&mut self, lane: usize, step: usize) -> Row {
        let piece = self.new_piece();
        self.open[lane] = Some(Open { piece, since: step });
        let segment = &mut self.segments[self.taken];
        self.taken += 1;
        segment.last_piece = piece;
        segment.row
    }

    fn new_piece(&mut self) -> u32 {
        self.pieces.push(Piece { start: 0, len: 0, before: Before::Segment(0) });
        self.pieces.len() as u32 - 1
    }

    /// Ends the piece that a lane writes before a step of the stripe.
    fn close(&mut self, lane: usize, step: usize, before: Before) {
        let Some(Open { piece, since }) = self.open[lane].take() else { return };
        // Steps write from the end of a chunk to its beginning.
        let start = self.start + (lane + 1) * CHUNK_LEN - step;
        self.pieces[piece as usize] = Piece { start: start as u32, len: (step - since) as u32, before };
    }

    /// Goes on with the lanes that have a segment, in a new stripe behind the last one.
    fn begin_stripe(&mut self, last_len: usize) {
        let lanes = std::mem::take(&mut self.active);
        for lane in 0..lanes {
            if self.open[lane].is_some() {
                let piece = self.new_piece();
                self.close(lane, CHUNK_LEN, Before::Piece(piece));
                self.open[self.active] = Some(Open { piece, since: 0 });
                self.rows[self.active] = self.rows[lane];
                self.active += 1;
            }
        }
        self.start += last_len;
    }
}

/// Walks all lanes along their chunks, a step each in turn. `N` of them are stepped without a loop; their
/// number is a multiple of it.
#[inline(always)]
fn step_all<const N: usize>(
    rows: &Rows,
    first_rows_4096: &[u32; 256],
    lanes: &mut [Row; LANES],
    chunks: &mut [[u8; CHUNK_LEN]],
    mut at_start: impl FnMut(usize, usize, u32) -> Row,
) {
    for step in 0..CHUNK_LEN {
        let groups = lanes.as_chunks_mut::<N>().0.iter_mut().zip(chunks.as_chunks_mut::<N>().0);
        for (group, (lanes, chunks)) in groups.enumerate() {
            for i in 0..N {
                let mut row = lanes[i];
                if row & START != 0 {
                    row = at_start(group * N + i, step, row >> NUMBER_SHIFT);
                }
                let byte = row as u8;
                chunks[i][CHUNK_LEN - 1 - step] = byte;
                let before_4096 = row.wrapping_add(first_rows_4096[usize::from(byte)]);
                lanes[i] = rows[(before_4096 >> NUMBER_SHIFT) as usize];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The inverse of the sort as the format's descriptions have it: links from each row to the next one.
    fn by_links(column: &[u8], origin: usize) -> Vec<u8> {
        let mut next: Vec<usize> = (0..column.len()).collect();
        next.sort_by_key(|&row| column[row]);
        let mut row = origin;
        let mut step = || {
            row = next[row];
            column[row]
        };
        (0..column.len()).map(|_| step()).collect()
    }

    fn check(pieces: &mut Pieces, bytes: &[u8], origin: usize) {
        let mut column = Column::new();
        column.set(bytes);
        pieces.walk(&mut column, origin);
        let text: Vec<u8> = (0..).flat_map(|i| pieces.piece(i).iter().copied()).take(bytes.len()).collect();
        assert!(text == by_links(bytes, origin), "{} bytes from {origin}", bytes.len());
    }

    #[test]
    fn lengths_around_segments_and_stripes() {
        let mut pieces = Pieces::new(40_000);
        let around = |len| [len - 1, len, len + 1];
        let lens = [1, SEGMENT_LEN / 2, SEGMENT_LEN, CHUNK_LEN + 1, LANES * CHUNK_LEN].map(around);
        for len in lens.into_iter().flatten().filter(|&len| len > 0) {
            let byte = |i: u32| (i.wrapping_mul(2_654_435_761) >> 27) as u8;
            let bytes: Vec<u8> = (0..len as u32).map(byte).collect();
            for origin in [0, len / 2, len - 1] {
                check(&mut pieces, &bytes, origin);
            }
            // Every row follows itself.
            check(&mut pieces, &vec![7; len], len - 1);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        // Rows that no text has, too: those of damaged blocks.
        #[test]
        fn any_column(
            letters in 1..=255u8,
            bytes in proptest::collection::vec(any::<u8>(), 1..30_000),
            origin in any::<prop::sample::Index>(),
        ) {
            let bytes: Vec<u8> = bytes.iter().map(|byte| byte % letters).collect();
            check(&mut Pieces::new(30_000), &bytes, origin.index(bytes.len()));
        }
    }
}
