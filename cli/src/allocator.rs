//! What the C library's allocator keeps of memory that was given back.
//!
//! It keeps memory for each thread apart, and keeps what is freed until all behind it is free, too: 40 to 90 MB beside
//! what queries hold, measured with two threads under a limit of 64 MB.
#![allow(unsafe_code)]

/// Under limits up to here, less is kept: some time goes to asking the system for memory again and again.
const LITTLE_BYTES: usize = 1 << 30;

/// Keeps little, if queries may use only little. To be called before threads are started.
pub fn keep_little_within(limit_bytes: usize) {
    if limit_bytes <= LITTLE_BYTES {
        keep_little();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep_little() {
    let options =
        [(libc::M_ARENA_MAX, 1), (libc::M_TRIM_THRESHOLD, 1 << 20), (libc::M_MMAP_THRESHOLD, 256 << 10)];
    for (option, value) in options {
        // SAFETY: it takes two numbers, and leaves alone what is allocated. Options that it does not know it refuses.
        unsafe { libc::mallopt(option, value) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_little() {}
