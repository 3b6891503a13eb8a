"""Runs one command as a process tree, says what it cost, and leaves no process behind.

The tree gets a session of its own, and this program becomes the "child subreaper": a grandchild
whose parent has died comes to us instead of to init. So everything a contestant started is either
waited for by its own parent (and counted there by the kernel) or is ours to count and to kill.
"""
import ctypes
import os
import resource
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_INTERVAL_S = 0.025  # a sample takes well under 1 ms
ORPHAN_GRACE_S = 0.5  # helpers such as Python's resource tracker end by themselves
CLOCK_TICK_HZ = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Command:
    """What to start, with additions to the environment."""

    argv: list[str]
    env: dict[str, str]


@dataclass(frozen=True)
class Run:
    """What one run cost and where its output is (overwritten by the next run)."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    other_cpu_s: float
    exit_status: int
    timed_out: bool
    stdout: Path
    stderr: Path

    @property
    def succeeded(self) -> bool:
        return self.exit_status == 0 and not self.timed_out


def adopt_orphans() -> None:
    """Makes this process the reaper of its orphaned descendants (see the module's head)."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def measure(command: Command, scratch: Path, timeout_s: float) -> Run:
    """Runs `command` in the folder `scratch` until it ends or `timeout_s` has passed."""
    stdout, stderr = scratch / "stdout", scratch / "stderr"
    work = scratch / "cwd"
    work.mkdir(exist_ok=True)
    env = {**os.environ, **command.env, "TMPDIR": str(work)}
    busy_s, own_cpu_s = machine_busy_s(), own_cpu_time_s()
    # The kernel lets a child inherit our own peak as its first one: below this it tells nothing.
    inherited_peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    with open(stdout, "wb") as out, open(stderr, "wb") as err:
        start = time.perf_counter()
        child = subprocess.Popen(command.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                 cwd=work, env=env, start_new_session=True)
        try:
            sampled_bytes, timed_out = sample_until_end(child.pid, start + timeout_s)
            wall_s = time.perf_counter() - start
            if timed_out:
                kill_session(child.pid)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            cpu_s = cpu_time_s(usage) + reap_orphans()
        finally:
            kill_children()
    reaped_bytes = usage.ru_maxrss * 1024
    return Run(wall_s=wall_s, cpu_s=cpu_s,
               peak_bytes=max(sampled_bytes, reaped_bytes if reaped_bytes > inherited_peak_bytes else 0),
               other_cpu_s=max(0.0, machine_busy_s() - busy_s - cpu_s - (own_cpu_time_s() - own_cpu_s)),
               exit_status=child.returncode, timed_out=timed_out, stdout=stdout, stderr=stderr)


def run_in_foreground(argv: list[str], cwd: Path | None = None) -> int:
    """Runs a command whose output the user sees; its exit status."""
    try:
        return subprocess.Popen(argv, cwd=cwd, start_new_session=True).wait()
    except FileNotFoundError:
        print(f"{argv[0]}: not found")
        return 127
    finally:
        kill_children()


def sample_until_end(pid: int, deadline: float) -> tuple[int, bool]:
    """Waits for `pid`; the largest memory of its tree seen meanwhile, and whether the time was up."""
    peak_bytes = 0
    pidfd = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        while not poll.poll(SAMPLE_INTERVAL_S * 1000):
            peak_bytes = max(peak_bytes, tree_memory_bytes(pid))
            if time.perf_counter() > deadline:
                return peak_bytes, True
    finally:
        os.close(pidfd)
    return peak_bytes, False


def tree_memory_bytes(root: int) -> int:
    """The resident memory of a tree now, or the peak of its largest process if that is more.

    Pages that processes share are counted once for each of them.
    """
    now_kb, largest_kb = 0, 0
    for pid in tree_pids(root):
        sizes = status_kb(pid)
        now_kb += sizes.get("VmRSS", 0)
        largest_kb = max(largest_kb, sizes.get("VmHWM", 0))
    return max(now_kb, largest_kb) * 1024


def status_kb(pid: int) -> dict[str, int]:
    """The sizes in /proc/PID/status; none of them once the process has ended."""
    try:
        with open(f"/proc/{pid}/status") as status:
            pairs = (line.split(":", 1) for line in status if line.startswith("Vm"))
            return {name: int(size.split()[0]) for name, size in pairs}
    except (FileNotFoundError, ProcessLookupError):
        return {}


def tree_pids(root: int) -> Iterator[int]:
    """`root` and its descendants."""
    todo = [root]
    while todo:
        pid = todo.pop()
        yield pid
        todo += child_pids(pid)


def child_pids(pid: int) -> list[int]:
    """The children of all threads of a process."""
    children = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                children += [int(child) for child in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return children


def reap_orphans() -> float:
    """Waits for what outlived its parent, kills it after a grace; CPU seconds it had used."""
    cpu_s = 0.0
    deadline = time.perf_counter() + ORPHAN_GRACE_S
    while True:
        try:
            pid, _, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return cpu_s
        if pid:
            cpu_s += cpu_time_s(usage)
        elif time.perf_counter() > deadline:
            kill_children()
        else:
            time.sleep(0.01)


def kill_session(pid: int) -> None:
    """Kills the process group that `pid` leads; `pid` has not been waited for, so it is still its own."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def kill_children() -> None:
    """Kills and reaps all our children until none is left: killed ones hand theirs to us."""
    while children := child_pids(os.getpid()):
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass


def cpu_time_s(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def own_cpu_time_s() -> float:
    return cpu_time_s(resource.getrusage(resource.RUSAGE_SELF))


def machine_busy_s() -> float:
    """CPU seconds spent by all cores on anything since boot, those stolen by other guests included."""
    with open("/proc/stat") as stat:
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, stat.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / CLOCK_TICK_HZ
