//! How much memory there is.

use std::fs;

/// Taken when nothing tells how much there is.
const UNKNOWN_BYTES: usize = 4 << 30;

/// Of what there is, this many hundredths may be used.
const DEFAULT_PERCENT: usize = 60;

/// The memory that queries may use when nobody says otherwise: 60 % of what the machine has, or of what
/// the control group of this process may use.
pub fn default_limit_bytes() -> usize {
    available_bytes() / 100 * DEFAULT_PERCENT
}

/// The memory that the machine has, or that the control group of this process may use.
pub fn available_bytes() -> usize {
    let limits = [machine_bytes(), control_group_bytes()];
    limits.into_iter().flatten().min().unwrap_or(UNKNOWN_BYTES)
}

/// The most memory that this process ever used; `None` if the system does not tell.
pub fn peak_bytes() -> Option<u64> {
    kib_of(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")?.checked_mul(1024)
}

/// The number behind a name, as in `MemTotal:  123 kB`.
fn kib_of(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn machine_bytes() -> Option<usize> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    usize::try_from(kib_of(&text, "MemTotal:")?).ok()?.checked_mul(1024)
}

/// The limit of the group, of version 2 or 1; none if the group has no limit.
fn control_group_bytes() -> Option<usize> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = |line: &str| {
        let (names, path) = line.split_once(':')?.1.split_once(':')?;
        match names {
            "" => Some(format!("/sys/fs/cgroup{path}/memory.max")),
            _ if names.split(',').any(|name| name == "memory") => {
                Some(format!("/sys/fs/cgroup/memory{path}/memory.limit_in_bytes"))
            }
            _ => None,
        }
    };
    let fallbacks = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let files = groups.lines().filter_map(path).chain(fallbacks.map(str::to_owned));
    files.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_some_memory() {
        assert!(default_limit_bytes() > 64 << 20);
    }
}
