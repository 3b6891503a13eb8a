use std::io::{Cursor, Write};
use std::sync::Arc;
use std::thread;

use proptest::prelude::*;

use super::*;
use crate::chunk::{Chunk, ChunkPool};
use crate::codec::xz::tests::stream_of_blocks;
use crate::codec::{Codec, Compressor, Decompressor};
use crate::encoding::Encoding;
use crate::error::ErrorKind;
use crate::feed::{Feed, FeedOptions, Progress, Recipe, Room, Split};
use crate::notes::Notes;
use crate::options::DecodeOptions;
use crate::simd::InstructionSet;

/// A codec for tests. `<` begins a piece, but not behind `!`, which stands for the byte behind it. `?` is damage. Each piece leaves
/// the count of its `<`, and the sum of them must not come to [`Self::too_many`].
#[derive(Debug, Clone)]
struct Toy {
    file: Arc<Vec<u8>>,
    too_many: usize,
}

#[derive(Debug)]
struct ToyDecoder {
    file: Arc<Vec<u8>>,
    at: usize,
    stop: usize,
    count: usize,
    decoded: u64,
}

fn damage(offset_bytes: usize, decoded_bytes: u64) -> crate::error::Error {
    let (path, codec, offset_bytes) = ("toy".into(), Codec::Plain, offset_bytes as u64);
    ErrorKind::Truncated { path, codec, offset_bytes, decoded_bytes }.into()
}

impl PieceCodec for Toy {
    type Decoder = ToyDecoder;
    type Sums = usize;

    fn decoder(&self) -> ToyDecoder {
        ToyDecoder { file: Arc::clone(&self.file), at: 0, stop: 0, count: 0, decoded: 0 }
    }

    fn find(&self, from_bit: u64, until_bit: u64) -> Result<Option<u64>> {
        let mut places = (from_bit / 8..until_bit / 8).filter(|at| self.file[*at as usize] == b'<');
        Ok(places.next().map(|at| 8 * at))
    }

    fn join(&self, sums: &mut usize, count: usize) -> Result<()> {
        *sums += count;
        if *sums < self.too_many { Ok(()) } else { Err(damage(0, 0)) }
    }
}

impl PieceDecoder for ToyDecoder {
    type Rest = usize;

    fn begin(&mut self, start_bit: u64, stop_bit: u64) {
        (self.at, self.stop) = (start_bit as usize / 8, stop_bit as usize / 8);
        (self.count, self.decoded) = (0, 0);
    }

    fn decode(&mut self, chunk: &mut Chunk) -> Result<Option<PieceEnd<usize>>> {
        while !chunk.room().is_empty() {
            let escaped = self.file.get(self.at) == Some(&b'!');
            let byte = match self.file.get(self.at + usize::from(escaped)) {
                None => return Ok(Some(PieceEnd { next_bit: None, rest: self.count })),
                Some(b'<') if !escaped && self.at >= self.stop => {
                    return Ok(Some(PieceEnd { next_bit: Some(8 * self.at as u64), rest: self.count }));
                }
                Some(b'?') if !escaped => return Err(damage(self.at, self.decoded)),
                Some(byte) => *byte,
            };
            self.count += usize::from(byte == b'<' && !escaped);
            self.at += 1 + usize::from(escaped);
            self.decoded += 1;
            chunk.room()[0] = byte;
            chunk.grow(1);
        }
        Ok(None)
    }
}

/// What comes of a file: its bytes, and perhaps an error.
type Outcome = (Vec<u8>, Option<String>);

impl Toy {
    fn decode_at_once(&self) -> Outcome {
        let mut chunk = ChunkPool::new(self.file.len() + 1).chunk();
        let mut decoder = self.decoder();
        decoder.begin(0, u64::MAX);
        let error = match decoder.decode(&mut chunk) {
            Ok(Some(end)) => self.join(&mut 0, end.rest).err(),
            Ok(None) => unreachable!("the chunk has room for all"),
            Err(error) => Some(error),
        };
        (chunk.bytes().to_vec(), error.map(|error| format!("{error} {:?}", error.detail())))
    }

    /// Decodes with workers that take turns as told: each of them claims a piece, or has decoded a chunk of it.
    fn decode_in_turns(&self, piece_len: u64, chunk_len: usize, turns: &[usize]) -> Outcome {
        let pool = ChunkPool::new(chunk_len);
        let pieces = Pieces::new(self.clone(), self.file.len() as u64, piece_len, 0);
        let mut working: Vec<Option<(u64, ToyDecoder)>> = (0..4).map(|_| None).collect();
        let mut chunks = Vec::new();
        for worker in turns.iter().cycle() {
            // Half of the chunks are scanned at once.
            let room = Room { first_unwanted: chunks.len() as u64 + 2, held: 5 };
            let given = match working[*worker].take() {
                Some((number, mut decoder)) => {
                    let mut chunk = pool.chunk();
                    let decoded = decoder.decode(&mut chunk);
                    pieces.put(number, decoder, chunk, decoded, &pool)
                }
                None => {
                    match pieces.claim(room) {
                        Ok(claimed) => working[*worker] = Some(claimed),
                        Err(Progress::Ended) => break,
                        Err(_) => {}
                    }
                    continue;
                }
            };
            for (number, decoded) in given.chunks {
                assert_eq!(number, chunks.len() as u64, "chunks are handed out in order");
                chunks.push(decoded);
            }
            assert!(pieces.held() <= 5 + 1, "few chunks are held");
        }
        let (mut bytes, mut ended) = (Vec::new(), None);
        for decoded in chunks {
            assert!(ended.is_none(), "nothing comes behind the end");
            match decoded {
                Ok((chunk, is_last)) => {
                    bytes.extend_from_slice(chunk.bytes());
                    ended = is_last.then_some(None);
                }
                Err(damage) => {
                    bytes.extend_from_slice(damage.front.as_ref().map_or(&[], Chunk::bytes));
                    ended = Some(Some(format!("{} {:?}", damage.error, damage.error.detail())));
                }
            }
        }
        (bytes, ended.expect("the file has an end"))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_same_bytes_whoever_decodes_them_and_whatever_looks_like_a_piece(
        file in prop::collection::vec(prop::sample::select(b"aabb<<!!!".to_vec()), 0..300),
        damaged_at in prop::option::of(any::<prop::sample::Index>()),
        too_many in 1usize..100,
        piece_len in 1u64..40,
        chunk_len in 1usize..20,
        turns in prop::collection::vec(0usize..4, 1..30),
    ) {
        let mut file = file;
        if let (Some(at), false) = (damaged_at, file.is_empty()) {
            let at = at.index(file.len());
            file[at] = b'?';
        }
        // All workers have a turn now and then.
        let turns = [turns, vec![0, 1, 2, 3]].concat();
        let toy = Toy { file: Arc::new(file), too_many };
        let (bytes, error) = toy.decode_in_turns(piece_len, chunk_len, &turns);
        let expected = toy.decode_at_once();
        // Where sums are checked between pieces, they are found wrong earlier.
        let early = too_many <= toy.file.iter().filter(|byte| **byte == b'<').count() && error.is_some();
        if early || expected.1.is_some() {
            let is_front = if early { expected.0.starts_with(&bytes) } else { expected.0 == bytes };
            prop_assert!(is_front);
            prop_assert!(early || error == expected.1, "{error:?}, expected {:?}", expected.1);
        } else {
            prop_assert_eq!((bytes, error), expected);
        }
    }
}

fn packed(codec: Codec, plain: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(codec, None, Vec::new()).unwrap();
    compressor.write_all(plain).unwrap();
    compressor.finish().unwrap()
}

/// Reads a file by so many threads: its lines, its error, and the notes.
fn read(bytes: &[u8], codec: Codec, workers: usize, lens: Option<(usize, u64)>) -> (Outcome, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lines");
    std::fs::write(&path, bytes).unwrap();
    let file = crate::source::expand(&[path.to_str().unwrap()]).unwrap().remove(0);
    let notes = Notes::default();
    let (chunk_len, piece_len) = lens.map_or((1 << 16, None), |(chunk, piece)| (chunk, Some(piece)));
    let options = FeedOptions {
        decode: DecodeOptions { codec: Some(codec), salvage: false },
        set: InstructionSet::best(),
        split: piece_len.map(|piece_len_bytes| Split { workers, piece_len_bytes }),
        once: false,
        notes: &notes,
    };
    let recipe = Recipe::Lines {
        max_record_bytes: 1 << 20,
        end: b'\n',
        encoding: Encoding::Utf8,
        up_to_damage: false,
    };
    let feed = Feed::open(0, &file, recipe, options).unwrap();
    assert_eq!(feed.is_splittable(), piece_len.is_some());
    let pool = ChunkPool::new(chunk_len);
    let work = || {
        let mut runs = Vec::new();
        loop {
            if let Some(error) = feed.take_error() {
                return (runs, Some(error));
            }
            if let Some(ready) = feed.take(None) {
                runs.push((ready.place.run, ready.records.chunk.bytes().to_vec()));
                feed.finish(ready, Ok(None), &pool);
            } else if feed.decode(3, &pool) == Progress::Ended && feed.is_done() {
                return (runs, None);
            }
        }
    };
    // Whoever tells the error has it; the others end when it is told.
    let mut results: Vec<_> = thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    let error = results.iter_mut().find_map(|(_, error)| error.take());
    let mut runs: Vec<_> = results.into_iter().flat_map(|(runs, _)| runs).collect();
    runs.sort();
    let lines = runs.into_iter().flat_map(|(_, lines)| lines).collect();
    let name = path.display().to_string();
    let error = error.map(|error| format!("{error} {:?}", error.detail()).replace(&name, "lines"));
    ((lines, error), notes.take().iter().map(|note| note.replace(&name, "lines")).collect())
}

const CODECS: [Codec; 5] = [Codec::Gzip, Codec::Bzip2, Codec::Zstd, Codec::Xz, Codec::Lz4];

fn lines(from: usize, count: usize) -> Vec<u8> {
    (from..from + count).flat_map(|i| format!("{i},{}\n", i * i % 997).into_bytes()).collect()
}

#[test]
fn members_of_all_codecs_by_several_threads() {
    for codec in CODECS {
        let plain: Vec<u8> = (0..40).flat_map(|i| lines(50 * i, 10 + 7 * i)).collect();
        let members: Vec<_> = (0..40).map(|i| packed(codec, &lines(50 * i, 10 + 7 * i))).collect();
        let padding: &[u8] = if codec == Codec::Xz { &[0; 4] } else { &[0; 3] };
        for between in [&[][..], padding] {
            let file = members.join(between);
            for (workers, chunk_len, piece_len) in [(1, 1000, 1), (2, 4, 200), (2, 1000, 500), (4, 300, 1000)]
            {
                let (outcome, notes) = read(&file, codec, workers, Some((chunk_len, piece_len)));
                assert!(outcome == (plain.clone(), None), "{codec} {workers} {chunk_len} {piece_len}");
                assert!(notes.is_empty(), "{codec}: {notes:?}");
            }
        }
    }
}

/// What can be compared of an error. When damage is noticed depends, but for gzip, on how the input was cut into reads.
fn kind(codec: Codec, error: &Option<String>) -> Option<&str> {
    let error = error.as_deref()?;
    let end = error.find(" compressed byte").filter(|_| codec != Codec::Gzip);
    Some(&error[..end.unwrap_or(error.len())])
}

#[test]
fn what_is_wrong_is_told_as_by_one_thread() {
    for codec in CODECS {
        let members: Vec<_> = (0..20).map(|i| packed(codec, &lines(50 * i, 200))).collect();
        let whole = members.concat();
        let magic = &members[0][..members[0].len().min(4)];
        let mut files = vec![
            [&whole[..], b"garbage"].concat(),
            [&whole[..], &[0; 100], b"garbage", magic, b"more"].concat(),
            // A member that is cut, or has only begun.
            whole[..whole.len() - 3].to_vec(),
            [&whole[..], &members[0][..2]].concat(),
            [&whole[..whole.len() / 2], &whole[whole.len() / 2 + 1..]].concat(),
        ];
        for at in (1..10).map(|i| i * whole.len() / 10) {
            let mut file = whole.clone();
            file[at] ^= 0x10;
            files.push(file);
        }
        for (number, file) in files.iter().enumerate() {
            let ((lines, error), notes) = read(file, codec, 1, None);
            for workers in [1, 3] {
                let ((found, found_error), found_notes) = read(file, codec, workers, Some((500, 300)));
                assert_eq!(kind(codec, &found_error), kind(codec, &error), "{codec} {number}");
                assert_eq!(found_notes, notes, "{codec} {number}");
                // How much comes in front of an error is a matter of chunks.
                assert!(
                    error.is_some() && (found.starts_with(&lines) || lines.starts_with(&found))
                        || found == lines
                );
            }
        }
    }
}

#[test]
fn a_member_with_damaged_first_bytes_is_not_the_end_of_the_file() {
    for codec in CODECS {
        let members: Vec<_> = (0..20).map(|i| packed(codec, &lines(50 * i, 200))).collect();
        let mut file = members.concat();
        let damaged_at = members[..7].concat().len();
        file[damaged_at] ^= 0x10;
        let front: Vec<u8> = (0..7).flat_map(|i| lines(50 * i, 200)).collect();
        for (workers, lens) in [(1, None), (1, Some((500, 300))), (3, Some((500, 300)))] {
            let ((found, error), notes) = read(&file, codec, workers, lens);
            let error = error.unwrap();
            assert!(error.contains(&format!("byte {damaged_at}: expected a")), "{error}");
            assert!(front.starts_with(&found) && notes.is_empty(), "{codec} {notes:?}");
        }
    }
}

#[test]
fn a_member_in_a_member_is_not_taken_for_one() {
    // Stored, the members inside look like members of the file.
    let inner: Vec<_> = (0..10).map(|i| packed(Codec::Gzip, &lines(50 * i, 200))).collect();
    let plain = [inner.concat(), b"\n".to_vec()].concat();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(&plain).unwrap();
    let file = [encoder.finish().unwrap(), inner.concat()].concat();
    let mut expected = plain.clone();
    (0..10).for_each(|i| expected.extend(lines(50 * i, 200)));
    for workers in [1, 2, 4] {
        assert!(read(&file, Codec::Gzip, workers, Some((2000, 500))).0 == (expected.clone(), None));
    }
}

#[test]
fn parts_of_a_stream_are_the_stream() {
    let file =
        [packed(Codec::Gzip, b"one"), packed(Codec::Gzip, b"two"), packed(Codec::Gzip, b"three")].concat();
    let second = packed(Codec::Gzip, b"one").len() as u64;
    let mut bytes = Decompressor::nowhere(std::path::Path::new("a"), Codec::Gzip, &Notes::default());
    bytes.go_to(Box::new(Cursor::new(file[second as usize..].to_vec())), second, second + 1);
    let mut out = [0; 10];
    assert_eq!(bytes.read(&mut out).unwrap(), 3);
    assert_eq!(bytes.read(&mut out[3..]).unwrap(), 0);
    assert_eq!(&out[..3], b"two");
    assert_eq!(bytes.next_part_offset_bytes(), Some(2 * second));
}

#[test]
fn blocks_of_one_stream_by_several_threads() {
    // Level 1: blocks of 100 kB.
    let plain = lines(0, 120_000);
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::new(1));
    encoder.write_all(&plain).unwrap();
    let stream = encoder.finish().unwrap();
    let empty = packed(Codec::Bzip2, b"");
    let file = [&empty[..], &stream, &empty, &empty, &[0; 9], &stream, &empty, b"more"].concat();
    let expected = [&plain[..], &plain].concat();
    for (workers, chunk_len, piece_len) in
        [(1, 50_000, 1), (2, 5000, 1), (2, 1 << 18, 1 << 16), (4, 70_000, 100_000)]
    {
        let (outcome, notes) = read(&file, Codec::Bzip2, workers, Some((chunk_len, piece_len)));
        assert!(outcome == (expected.clone(), None), "{workers} {chunk_len} {piece_len}");
        assert_eq!(notes.len(), 1, "{notes:?}");
    }
}

#[test]
fn blocks_of_xz_by_several_threads() {
    let texts: Vec<_> = (0..30).map(|i| lines(50 * i, 10 + 20 * (i % 7))).collect();
    let streams = [stream_of_blocks(&texts[..20]), packed(Codec::Xz, b""), stream_of_blocks(&texts[20..])];
    let plain = texts.concat();
    for file in [streams.concat(), streams.join(&[0; 8][..])] {
        for (workers, chunk_len, piece_len) in [(1, 1000, 1), (2, 4, 200), (2, 1000, 500), (4, 300, 1000)] {
            let (outcome, notes) = read(&file, Codec::Xz, workers, Some((chunk_len, piece_len)));
            assert!(outcome == (plain.clone(), None), "{workers} {chunk_len} {piece_len}");
            assert!(notes.is_empty(), "{notes:?}");
        }
    }
    let whole = streams.concat();
    for at in (1..20).map(|i| i * whole.len() / 20) {
        let mut file = whole.clone();
        file[at] ^= 0x10;
        let ((lines, error), _) = read(&file, Codec::Xz, 1, None);
        assert!(error.is_some());
        for workers in [1, 3] {
            let ((found, found_error), _) = read(&file, Codec::Xz, workers, Some((500, 300)));
            assert_eq!(kind(Codec::Xz, &found_error), kind(Codec::Xz, &error), "{at}");
            assert!(found.starts_with(&lines) || lines.starts_with(&found));
        }
    }
}

/// A frame with a block for each text, independent or not, with all that can be checked.
fn frame_of_blocks(texts: &[Vec<u8>], independent: bool, checksums: bool) -> Vec<u8> {
    let mode = if independent { lz4::BlockMode::Independent } else { lz4::BlockMode::Linked };
    let mut encoder = lz4::EncoderBuilder::new();
    encoder.auto_flush(true).block_mode(mode);
    if checksums {
        encoder.content_size(texts.iter().map(|text| text.len() as u64).sum());
    } else {
        encoder.checksum(lz4::ContentChecksum::NoChecksum);
        encoder.block_checksum(lz4::liblz4::BlockChecksum::NoBlockChecksum);
    }
    let mut encoder = encoder.build(Vec::new()).unwrap();
    texts.iter().for_each(|text| encoder.write_all(text).unwrap());
    encoder.finish().0
}

#[test]
fn blocks_of_lz4_by_several_threads() {
    let texts: Vec<_> = (0..60).map(|i| lines(50 * i, 10 + 20 * (i % 7))).collect();
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let frames = [
        frame_of_blocks(&texts[..20], true, true),
        skipped,
        frame_of_blocks(&texts[20..25], false, true),
        packed(Codec::Lz4, b""),
        frame_of_blocks(&texts[25..40], true, false),
        frame_of_blocks(&texts[40..], true, true),
    ];
    let plain = texts.concat();
    for file in [frames.concat(), frames.join(&[0; 5][..]), [&frames.concat()[..], b"garbage"].concat()] {
        let (expected, expected_notes) = read(&file, Codec::Lz4, 1, None);
        assert!(expected == (plain.clone(), None));
        for (workers, chunk_len, piece_len) in [(1, 1000, 1), (2, 4, 200), (2, 1000, 500), (4, 300, 1000)] {
            let (outcome, notes) = read(&file, Codec::Lz4, workers, Some((chunk_len, piece_len)));
            assert!(outcome == expected, "{workers} {chunk_len} {piece_len} {:?}", outcome.1);
            assert_eq!(notes, expected_notes);
        }
    }
    let whole = frames.concat();
    let changed = (1..200).map(|i| {
        let mut file = whole.clone();
        file[i * whole.len() / 200] ^= 0x10;
        file
    });
    let cut = (1..100).map(|i| whole[..whole.len() * i / 100].to_vec());
    let at_the_end = (1..14).map(|less| whole[..whole.len() - less].to_vec());
    for (number, file) in changed.chain(cut).chain(at_the_end).enumerate() {
        let ((lines, error), notes) = read(&file, Codec::Lz4, 1, None);
        for workers in [1, 3] {
            let ((found, found_error), found_notes) = read(&file, Codec::Lz4, workers, Some((500, 300)));
            assert_eq!(kind(Codec::Lz4, &found_error), kind(Codec::Lz4, &error), "{number}");
            assert_eq!(found_notes, notes, "{number}");
            assert!(
                error.is_some() && (found.starts_with(&lines) || lines.starts_with(&found)) || found == lines
            );
        }
    }
}

/// Bits, the first of a byte first.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, value: u64, len: u32) {
        self.0.extend((0..len).rev().map(|bit| value >> bit & 1 == 1));
    }

    fn bytes(&self) -> Vec<u8> {
        let byte =
            |bits: &[bool]| (0..8).fold(0, |byte, at| byte << 1 | u8::from(bits.get(at) == Some(&true)));
        self.0.chunks(8).map(byte).collect()
    }
}

/// A stream of one block whose symbols are the bytes given, each below 254, as every one has itself as its code.
fn block_of_symbols(symbols: &[u8], crc: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(u64::from_be_bytes(*b"\0\0\0\0BZh9"), 32);
    bits.put(0x3141_5926_5359, 48);
    bits.put(crc.into(), 32);
    // Not randomised, the first row; all bytes occur; two code tables.
    bits.put(0, 25);
    bits.put(u64::MAX, 16);
    (0..4).for_each(|_| bits.put(u64::MAX, 64));
    bits.put(2, 3);
    let groups = symbols.len() as u64 / 50 + 1;
    bits.put(groups, 15);
    (0..groups).for_each(|_| bits.put(0, 1));
    // 254 codes of 8 bits and 4 of 9: after each length a 0, and before the first longer one a step of 1.
    for _ in 0..2 {
        bits.put(8, 5);
        (0..254).for_each(|_| bits.put(0, 1));
        bits.put(0b100, 3);
        (0..3).for_each(|_| bits.put(0, 1));
    }
    symbols.iter().for_each(|symbol| bits.put((*symbol).into(), 8));
    bits.put(511, 9);
    bits.put(0x1772_4538_5090, 48);
    bits.put(crc.into(), 32);
    bits.bytes()
}

#[test]
fn marks_of_blocks_in_the_data_of_a_block_cost_no_rows() {
    let symbols = b"\x31\x41\x59\x26\x53\x59, again \x31\x41\x59\x26\x53\x59".repeat(300);
    // The decoder tells which checksum the block should have.
    let mut decoder = crate::codec::bzip2::BlockDecoder::new();
    let unchecked = block_of_symbols(&symbols, 0);
    decoder.decode(&unchecked, 32).unwrap();
    let wrong = decoder.read(&mut vec![0; 1 << 20]).unwrap_err().to_string();
    let crc = wrong.rsplit("found ").next().map(|crc| u32::from_str_radix(crc, 16).unwrap()).unwrap();
    let stream = block_of_symbols(&symbols, crc);
    let marks = crate::codec::bzip2::Finder::new(&stream, 0).count();
    assert_eq!(marks, 602);
    let file = [stream.clone(), packed(Codec::Bzip2, b"lines\nof text\n"), stream].concat();
    let ((expected, error), _) = read(&file, Codec::Bzip2, 1, None);
    assert_eq!(error, None);
    for (workers, chunk_len, piece_len) in [(1, 1000, 1), (2, 1000, 300), (4, 64, 1)] {
        let (outcome, notes) = read(&file, Codec::Bzip2, workers, Some((chunk_len, piece_len)));
        assert!(outcome == (expected.clone(), None), "{workers} {chunk_len} {piece_len}: {:?}", outcome.1);
        assert!(notes.is_empty());
    }
}
