//! `swath decompress`: the plain bytes of files of any codec.

use std::io;
use std::num::NonZero;
use std::path::PathBuf;
use std::thread;

use swath::{Codec, DecodeOptions, DecompressError, SourceFile};

use crate::args::is_standard_output;
use crate::exit_codes::{DONE, FAILED};
use crate::report::{self, Report};
use crate::sink::Target;
use crate::time_limit::TimeArgs;

const EXAMPLES: &str = "\
Examples:
  swath decompress x.csv.bz2 | head
  swath decompress -o all.csv 'parts/*.csv.zst'
  swath decompress -o plain/ 'air/*.csv.bz2'
  swath decompress --salvage -o rest.csv damaged.csv.gz
  swath decompress --test 'backup/**/*.gz'
  curl -s https://example.com/x.gz | swath decompress

The codec is told by the first bytes: gzip, bzip2, Zstandard, xz, LZ4, LZMA, lzip, compress, zlib, ZIP; what is not compressed comes out as it is.
All members of a file are read, and checksums are checked. Several files are decoded at once and written in order.";

/// Write the plain bytes of compressed files
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct DecompressArgs {
    /// Paths and globs; '-', or none, is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<String>,

    /// Write to a file, which appears when it is whole; or, if it ends with '/' or is a folder, into a file for each
    #[arg(short, long, value_name = "FILE|DIR/")]
    output: Option<PathBuf>,

    /// Write nothing: check that all files are whole, and tell each that is not
    #[arg(short, long, conflicts_with_all = ["output", "salvage"])]
    test: bool,

    /// The codec of all files: none, gzip, bzip2, zstd, xz, lz4, lzma, lzip, compress, zlib, zip [default: by their first bytes]
    #[arg(long, value_name = "CODEC")]
    compression: Option<Codec>,

    /// Go on behind damage: write what is whole, and tell what is lost, byte for byte
    #[arg(long)]
    salvage: bool,

    /// How many files are decoded at once [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,

    #[command(flatten)]
    time: TimeArgs,
}

/// Decompresses.
pub fn decompress(mut args: DecompressArgs) -> Result<u8, Report> {
    args.time.begin()?;
    if args.paths.is_empty() {
        args.paths.push(swath::STANDARD_INPUT.to_owned());
    }
    let threads = match args.threads {
        Some(threads) => threads.into(),
        None => thread::available_parallelism().map_or(1, NonZero::get),
    };
    let files = match swath::list_files(args.paths) {
        Ok(files) => files,
        Err(error) => {
            report::error(&error.into());
            return Ok(FAILED);
        }
    };
    let options = DecodeOptions { codec: args.compression, salvage: args.salvage };
    if args.test {
        return Ok(test(&files, options, threads));
    }
    let folder = args.output.as_ref().filter(|path| path.is_dir() || ends_with_slash(path));
    let (done, target) = match folder {
        Some(folder) => {
            if !folder.is_dir() {
                let report = |error: io::Error| {
                    Report::with_hint(
                        format!("there is no folder '{}': {error}", folder.display()),
                        "make it first",
                    )
                };
                folder.metadata().map_err(report)?;
            }
            (swath::decompress_to_folder(&files, options, threads, folder), folder.display().to_string())
        }
        None => {
            let file = args.output.filter(|path| !is_standard_output(path));
            let target = file.map_or(Target::Stdout, Target::File);
            refuse_to_replace(&files, &target)?;
            (into_target(&files, options, threads, &target), target.name())
        }
    };
    Ok(match done {
        Ok(notes) => {
            report::notes(&notes);
            DONE
        }
        // Whoever reads has seen enough.
        Err(DecompressError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => DONE,
        Err(DecompressError::Write(error)) => {
            let hint = "check the folder, its permissions and the space left on the disk";
            report::error(&Report::with_hint(format!("cannot write to {target}: {error}"), hint));
            FAILED
        }
        Err(DecompressError::Source(error)) => {
            report::error(&error.into());
            FAILED
        }
    })
}

/// Decodes all files, tells those that are not whole, and returns the exit code.
fn test(files: &[SourceFile], options: DecodeOptions, threads: usize) -> u8 {
    let mut damaged = 0;
    swath::verify(files, options, threads, |file| match file {
        Ok(notes) => report::notes(&notes),
        Err(error) => {
            report::error(&error.into());
            damaged += 1;
        }
    });
    let of_all = if files.len() == 1 { "1 file".to_owned() } else { format!("{} files", files.len()) };
    match damaged {
        0 => report::notes(&[format!("{of_all} can be decoded to the end")]),
        _ => report::notes(&[format!("{damaged} of {of_all} cannot be decoded to the end")]),
    }
    if damaged == 0 { DONE } else { FAILED }
}

/// Refuses to put the decoded bytes of files in the place of one of them.
fn refuse_to_replace(files: &[SourceFile], target: &Target) -> Result<(), Report> {
    let Some(target) = target.path().filter(|path| path.is_file()) else { return Ok(()) };
    match files.iter().find(|file| file.is_at(target)) {
        Some(file) => Err(Report::with_hint(
            format!("'{}' is to be read and to be written", file.path.display()),
            "give -o another name, or leave the file out",
        )),
        None => Ok(()),
    }
}

fn into_target(
    files: &[SourceFile],
    options: DecodeOptions,
    threads: usize,
    target: &Target,
) -> Result<Vec<String>, DecompressError> {
    let mut sink = target.open().map_err(DecompressError::Write)?;
    let done = swath::decompress(files, options, threads, &mut sink);
    if done.is_err() {
        // A file that is not whole does not appear; on standard output, what came before the damage is shown.
        if !sink.is_file() {
            let _ = io::Write::flush(&mut sink);
        }
        return done;
    }
    sink.finish().map_err(DecompressError::Write)?;
    done
}

fn ends_with_slash(path: &std::path::Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}
