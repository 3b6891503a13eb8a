//! Files decoded in pieces, their tasks done in any order, against the same decoded from the front.

use std::collections::BTreeMap;

use flate2::{Compress, Compression, FlushCompress, Status};
use proptest::prelude::*;

use super::*;
use crate::chunk::Chunk;
use crate::codec::Decompressor;
use crate::feed::Progress;

/// What comes out of a file, or its error, and notes.
type Outcome = (Vec<u8>, Option<String>, Vec<String>);

/// A gzip member of parts, each ended by a flush of its own.
fn member(parts: &[(Vec<u8>, FlushCompress)], level: u32) -> Vec<u8> {
    let mut encoder = Compress::new(Compression::new(level), false);
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut sum = crc32fast::Hasher::new();
    let mut len = 0_u32;
    for (i, (part, flush)) in parts.iter().enumerate() {
        let flush = if i + 1 < parts.len() { *flush } else { FlushCompress::Finish };
        let mut rest = &part[..];
        loop {
            out.reserve(rest.len() * 2 + 1000);
            let before = encoder.total_in();
            let status = encoder.compress_vec(rest, &mut out, flush).unwrap();
            rest = &rest[(encoder.total_in() - before) as usize..];
            let has_ended = status == Status::StreamEnd || !matches!(flush, FlushCompress::Finish);
            if rest.is_empty() && has_ended {
                break;
            }
        }
        sum.update(part);
        len += part.len() as u32;
    }
    out.extend(sum.finalize().to_le_bytes());
    out.extend(len.to_le_bytes());
    out
}

/// Rows that look alike: matches reach far, and markers are copied on and on.
fn rows(seed: usize, len: usize) -> Vec<u8> {
    let row = |i: usize| {
        let x = (i + seed).wrapping_mul(2_654_435_761) >> 7;
        format!("{},{},{},N{}\n", 1987 + x % 22, x % 12, ["SFO", "BOS", "ACV"][x % 3], x % 977)
    };
    (0..).flat_map(|i| row(i).into_bytes()).take(len).collect()
}

fn from_the_front(bytes: &[u8]) -> Outcome {
    let notes = Notes::default();
    let reader = Box::new(io::Cursor::new(bytes.to_vec()));
    let mut out = Vec::new();
    let mut piece = vec![0; 1 << 16];
    let mut decompressor = Decompressor::new(Path::new("x"), reader, Some(Codec::Gzip), &notes).unwrap();
    loop {
        match decompressor.read(&mut piece) {
            Ok(0) => return (out, None, notes.take()),
            Ok(len) => out.extend_from_slice(&piece[..len]),
            Err(error) => return (out, Some(error.to_string()), notes.take()),
        }
    }
}

/// Decodes with so many tasks at once, of which `choices` tells the next one that is done. Returns also how many pieces were used.
fn in_pieces(
    bytes: &[u8],
    kind: Kind,
    piece_len: u64,
    chunk_len: usize,
    tasks: usize,
    choices: &[usize],
) -> (Outcome, usize) {
    let mut file = tempfile::tempfile().unwrap();
    io::Write::write_all(&mut file, bytes).unwrap();
    let notes = Notes::default();
    let pieces =
        GzipPieces::new(Path::new("x"), Arc::new(file), kind, bytes.len() as u64, piece_len, 0, &notes);
    let pool = ChunkPool::new(chunk_len);
    let (mut out, mut next, mut resolved) = (Vec::new(), 0, 0);
    let (mut waiting, mut claimed) = (BTreeMap::new(), Vec::new());
    let mut choices = choices.iter().cycle();
    loop {
        let room = Room { first_unwanted: next + 5, held: 64 };
        while claimed.len() < tasks {
            let task = pieces.state().claim(room);
            match task {
                Ok(task) => claimed.push(task),
                Err(Progress::Busy) => break,
                Err(_) => panic!("the end is told in order"),
            }
        }
        assert!(!claimed.is_empty(), "nobody can go on");
        let choice = choices.next().unwrap() % claimed.len();
        let task = claimed.swap_remove(choice);
        resolved += usize::from(matches!(task, Task::Resolve(_)));
        waiting.extend(pieces.run(task, &pool, None).chunks);
        while let Some(decoded) = waiting.remove(&next) {
            next += 1;
            match decoded {
                Err(damage) => {
                    out.extend_from_slice(damage.front.as_ref().map_or(&[], Chunk::bytes));
                    return ((out, Some(damage.error.to_string()), notes.take()), resolved);
                }
                Ok((chunk, is_last)) => {
                    out.extend_from_slice(chunk.bytes());
                    pool.give_back(chunk);
                    if is_last {
                        assert!(claimed.iter().all(|task| matches!(task, Task::Find { .. })));
                        return ((out, None, notes.take()), resolved);
                    }
                }
            }
        }
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Any), Just(Kind::Independent)]
}

fn parts() -> impl Strategy<Value = Vec<(Vec<u8>, FlushCompress)>> {
    let flush = prop_oneof![
        Just(FlushCompress::Sync),
        Just(FlushCompress::Full),
        Just(FlushCompress::Partial),
        Just(FlushCompress::None)
    ];
    let bytes = (0_usize..9, 0_usize..20_000).prop_map(|(kind, len)| match kind {
        // Hardly compressed, and not at all.
        0 => (0..len).map(|i| (i.wrapping_mul(i).wrapping_mul(2_654_435_761) >> 9) as u8).collect(),
        1 => vec![b'x'; len * 8],
        // Blocks with fixed codes.
        2 => rows(len, len % 20),
        _ => rows(kind * len, len),
    });
    prop::collection::vec((bytes, flush), 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_same_bytes_in_any_order_of_tasks(
        members in prop::collection::vec((parts(), 0_u32..10), 1..3),
        kind in kinds(),
        piece_len in 500_u64..20_000,
        chunk_len in 1_000_usize..70_000,
        tasks in 1_usize..7,
        choices in prop::collection::vec(any::<usize>(), 20),
        tail in prop_oneof![Just(&b""[..]), Just(&b"\0\0\0"[..]), Just(&b"garbage"[..])],
    ) {
        let packed: Vec<u8> = members.iter().flat_map(|(parts, level)| member(parts, *level)).chain(tail.iter().copied()).collect();
        let (outcome, _) = in_pieces(&packed, kind, piece_len, chunk_len, tasks, &choices);
        let expected = from_the_front(&packed);
        let found = (outcome.0.len(), &outcome.1, &outcome.2);
        prop_assert!(outcome.0 == expected.0, "{found:?}, and of {} bytes, {:?}", expected.0.len(), expected.1);
        prop_assert_eq!((outcome.1, outcome.2), (expected.1, expected.2));
    }

    #[test]
    fn damage_is_told_as_from_the_front(
        parts in parts(),
        kind in kinds(),
        piece_len in 500_u64..20_000,
        tasks in 1_usize..7,
        choices in prop::collection::vec(any::<usize>(), 20),
        place in 0.0..1.0,
        bit in prop::option::of(0_u32..8),
    ) {
        let mut packed = member(&parts, 6);
        let at = (place * packed.len() as f64) as usize;
        match bit {
            Some(bit) => packed[at.max(3)..][..1].iter_mut().for_each(|byte| *byte ^= 1 << bit),
            None => packed.truncate(at.max(3)),
        }
        let (outcome, _) = in_pieces(&packed, kind, piece_len, 10_000, tasks, &choices);
        let expected = from_the_front(&packed);
        prop_assert!(expected.0.starts_with(&outcome.0));
        prop_assert_eq!((outcome.1, outcome.2), (expected.1, expected.2));
    }
}

#[test]
fn most_of_a_file_is_decoded_ahead() {
    // As gzip writes it, and as `pigz` and `pigz -i` do.
    for (flush, kind) in [
        (FlushCompress::None, Kind::Any),
        (FlushCompress::Sync, Kind::Any),
        (FlushCompress::Full, Kind::Any),
        (FlushCompress::Full, Kind::Independent),
    ] {
        let parts: Vec<_> = (0..40).map(|i| (rows(i, 128 << 10), flush)).collect();
        let packed = member(&parts, 6);
        let chunk_len = 20_000;
        let ((out, error, _), resolved) =
            in_pieces(&packed, kind, 20_000, chunk_len, 6, &[3, 1, 4, 1, 5, 9, 2, 6]);
        assert_eq!(error, None);
        assert!(out == parts.iter().flat_map(|(part, _)| part.iter().copied()).collect::<Vec<u8>>());
        assert!(resolved * chunk_len > out.len() * 2 / 3, "{flush:?}: {resolved} chunks of {}", out.len());
    }
}

#[test]
fn what_decodes_to_much_more_is_not_kept() {
    // 32 MB in 32 KB.
    let parts: Vec<_> = (0..8).map(|_| (vec![0; 4 << 20], FlushCompress::None)).collect();
    let packed = member(&parts, 6);
    let ((out, error, _), _) = in_pieces(&packed, Kind::Any, 4 << 10, 256 << 10, 6, &[5, 3, 0]);
    assert_eq!((out.len(), error), (32 << 20, None));
}

#[test]
fn two_workers_decode_ahead_what_is_independent() {
    for (flush, pays) in
        [(FlushCompress::None, false), (FlushCompress::Sync, false), (FlushCompress::Full, true)]
    {
        let parts: Vec<_> = (0..40).map(|i| (rows(i, 128 << 10), flush)).collect();
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, &member(&parts, 6)).unwrap();
        for workers in [2, 4] {
            let file = file.try_clone().unwrap();
            let pieces = GzipPieces::of_file(Path::new("x"), file, workers, 60_000, 0, &Notes::default());
            assert_eq!(pieces.unwrap().is_some(), pays || workers == 4, "{flush:?}, {workers}");
        }
    }
}
