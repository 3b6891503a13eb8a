//! How the program is linked.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if loader_knows_packed_relocations() {
        // The 240,000 pointers that a position-independent program has to itself, as bitmaps: 0.1 MB where
        // entries of 24 bytes each would be 6 MB, which the loader reads whole at every start.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Whether the program is to run on this machine, and its C library is one of those (glibc 2.36 and later)
/// that read `DT_RELR`.
fn loader_knows_packed_relocations() -> bool {
    env::var("HOST") == env::var("TARGET") && glibc_version().is_some_and(|version| version >= (2, 36))
}

/// Major and minor version of this machine's glibc; `None` where the C library is another one.
fn glibc_version() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
