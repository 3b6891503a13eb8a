"""What machine the figures hold for."""
import os
import platform
from pathlib import Path


def describe() -> str:
    """CPU model, cores, memory and system, on one line."""
    return f"{cpu_model()}, {os.cpu_count()} cores, {memory_gb():.0f} GB RAM, {system()}"


def cpu_model() -> str:
    return field_of("/proc/cpuinfo", "model name", ":") or platform.machine()


def memory_gb() -> float:
    return int(field_of("/proc/meminfo", "MemTotal", ":").split()[0]) * 1024 / 1e9


def system() -> str:
    return field_of("/etc/os-release", "PRETTY_NAME", "=").strip('"') or platform.system()


def available_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0))


def field_of(path: str, name: str, separator: str) -> str:
    """The value of the first line `name separator value`, empty if there is none."""
    if not os.path.exists(path):
        return ""
    for line in Path(path).read_text().splitlines():
        key, found, value = line.partition(separator)
        if found and key.strip() == name:
            return value.strip()
    return ""
