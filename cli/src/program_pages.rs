//! Pages of the program's own file.
//!
//! Where a page of it is used, the system maps sixteen around it, if it has them in its cache. What reads arguments, makes
//! a session and plans is spread all over a large program, so that 60 MB of it were mapped before a query had begun, of
//! which it needs a fifth. They count as the process's memory, until they are given back; what is used again comes from
//! the cache.
#![allow(unsafe_code)]

/// Gives back what is mapped of the program. What is used next is mapped again, which takes less than a millisecond in all.
pub fn give_back() {
    #[cfg(target_os = "linux")]
    linux::give_back();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::{c_int, c_void};
    use std::ptr;

    /// Stops after the first object, which is the program itself.
    const STOP: c_int = 1;

    pub(super) fn give_back() {
        // SAFETY: the function has the type that is asked for, and needs no data.
        unsafe { libc::dl_iterate_phdr(Some(give_back_segments), ptr::null_mut()) };
    }

    /// Gives back the segments of an object that nobody writes to.
    ///
    /// # Safety
    /// `info` describes an object that is loaded.
    unsafe extern "C" fn give_back_segments(
        info: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        _data: *mut c_void,
    ) -> c_int {
        // SAFETY: the caller's promise.
        let info = unsafe { &*info };
        if info.dlpi_phdr.is_null() {
            return STOP;
        }
        // SAFETY: the headers of a loaded object are in memory as long as it is.
        let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
        // SAFETY: a number is asked for.
        let page_len = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(0);
        for header in headers {
            let is_read_only = header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0;
            if !is_read_only || page_len == 0 {
                continue;
            }
            let start = (info.dlpi_addr + header.p_vaddr) as usize;
            let end = start + header.p_filesz as usize;
            let (first, end) = (start.next_multiple_of(page_len), end / page_len * page_len);
            if first < end {
                // SAFETY: whole pages of the program's file, which are as they are in the file: they are in a segment that
                // is not written to, not even by the loader. What is taken out of the mapping is read from the file again.
                unsafe { libc::madvise(first as *mut c_void, end - first, libc::MADV_DONTNEED) };
            }
        }
        STOP
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;

    /// Bytes of files that are mapped.
    fn mapped_bytes() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024
    }

    #[test]
    fn the_program_goes_on_with_less_of_itself() {
        let before = mapped_bytes();
        super::give_back();
        let after = mapped_bytes();
        assert!(after * 2 < before, "{before} bytes, then {after}");
        let session = swath::Session::new().expect("a session");
        assert_eq!(session.collect_blocking("SELECT 1 + 1").expect("an answer")[0].num_rows(), 1);
    }
}
