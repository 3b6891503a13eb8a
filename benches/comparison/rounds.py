"""Who runs when: one warm-up each, then rounds (A B C, A B C, ...), then medians.

Rounds rather than blocks (A A A, B B B), so that a slow minute of the machine meets everybody.
"""
import contextlib
import fcntl
import re
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .answer import Agreement, Opinion
from .case import Case
from .contestants import Contestant
from .process import Command, Run, measure

# Other processes used more than this share of one core, and more than the clock of /proc/stat
# may err by in one run: the figures are not to be trusted.
DISTURBED_CORES = 0.05
CLOCK_ERROR_S = 0.05
ERROR_LEN = 160


@dataclass(frozen=True)
class Rules:
    """How often and how long."""

    round_count: int
    long_s: float
    timeout_s: float
    cpus: list[int] | None
    lock: Path | None = None

    @contextlib.contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Holds the lock, if there is one: who else takes it, such as builds on this machine, waits meanwhile."""
        if self.lock is None:
            yield
            return
        with open(self.lock, "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@dataclass
class Cell:
    """One contestant on one case: its runs, or why there are none."""

    case: Case
    contestant: Contestant
    runs: list[Run] = field(default_factory=list)
    query_times_s: list[float] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)
    cannot: str | None = None
    failed: str | None = None

    @property
    def stands(self) -> bool:
        return not self.cannot and not self.failed

    @property
    def wall_s(self) -> float:
        return statistics.median(run.wall_s for run in self.runs)

    @property
    def cpu_s(self) -> float:
        return statistics.median(run.cpu_s for run in self.runs)

    @property
    def peak_bytes(self) -> float:
        return statistics.median(run.peak_bytes for run in self.runs)

    @property
    def query_s(self) -> float | None:
        return statistics.median(self.query_times_s) if self.query_times_s else None

    @property
    def spread(self) -> float | None:
        """(slowest - fastest) / median of the wall times."""
        walls = [run.wall_s for run in self.runs]
        return (max(walls) - min(walls)) / self.wall_s if len(walls) > 1 else None

    @property
    def other_cores(self) -> float:
        """How many cores other processes kept busy meanwhile."""
        return sum(run.other_cpu_s for run in self.runs) / sum(run.wall_s for run in self.runs)

    @property
    def disturbed(self) -> bool:
        other_s = sum(run.other_cpu_s for run in self.runs)
        return self.other_cores > DISTURBED_CORES and other_s > CLOCK_ERROR_S * len(self.runs)


def measure_case(case: Case, contestants: list[Contestant], rules: Rules, scratch: Path,
                 agreement: Agreement) -> list[Cell]:
    """All cells of one case."""
    cells = [Cell(case, c, cannot=c.cannot(case)) for c in contestants if c.takes(case)]
    case.read_into_page_cache()
    with rules.undisturbed():
        for cell in cells:
            if cell.stands:
                run_once(cell, rules, scratch, agreement, "warm-up")
    cells = without_slower_limits(cells)
    again = [cell for cell in cells if cell.stands and cell.wall_s < rules.long_s]
    for cell in again:  # the warm-up counts only for those that run no more
        cell.runs.clear()
        cell.query_times_s.clear()
    for number in range(1, rules.round_count + 1):
        with rules.undisturbed():
            for cell in again:
                if cell.stands:
                    run_once(cell, rules, scratch, agreement, f"round {number}")
    return cells


def without_slower_limits(cells: list[Cell]) -> list[Cell]:
    """Of the limits that ran, only the fastest goes on."""
    limits = [cell for cell in cells if cell.contestant.kind == "limit" and cell.stands]
    fastest = min(limits, key=lambda cell: cell.wall_s, default=None)
    return [cell for cell in cells if cell not in limits or cell is fastest]


def run_once(cell: Cell, rules: Rules, scratch: Path, agreement: Agreement, what: str) -> None:
    """Runs a cell once, and notes cost and answer, or why it failed."""
    case, contestant = cell.case, cell.contestant
    run = measure(pinned(contestant.command(case), rules.cpus), scratch, rules.timeout_s)
    stderr = run.stderr.read_text(errors="replace")
    if run.timed_out:
        cell.failed = f"not done after {rules.timeout_s:g} s"
    elif not run.succeeded:
        cell.failed = f"exit status {run.exit_status}: {gist(stderr)}"
    else:
        note_success(cell, run, stderr, agreement)
    print(f"  {what:8} {case.question.name:3} {case.codec:5} {contestant.name:18} {run.wall_s:8.2f} s  "
          f"{cell.failed or ''}", file=sys.stderr, flush=True)


def note_success(cell: Cell, run: Run, stderr: str, agreement: Agreement) -> None:
    stdout = run.stdout.read_text(encoding="utf-8", errors="surrogateescape")
    try:
        answer = cell.contestant.read(cell.case, stdout)
    except (ValueError, IndexError) as error:
        cell.failed = f"unreadable answer: {error}"[:ERROR_LEN]
        return
    cell.runs.append(run)
    if (query_s := cell.contestant.query_s(stderr)) is not None:
        cell.query_times_s.append(query_s)
    if answer is not None:
        opinion = agreement.add(cell.contestant.engine, answer)
        if opinion not in cell.opinions:
            cell.opinions.append(opinion)


def pinned(command: Command, cpus: list[int] | None) -> Command:
    """The command kept to some cores (`taskset` becomes the command: no process more)."""
    if cpus is None:
        return command
    return Command(["taskset", "--cpu-list", ",".join(map(str, cpus)), *command.argv], command.env)


def gist(stderr: str) -> str:
    """The line that says what went wrong: the last such as `error: ...` or `SomeError: ...`, or else the last."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"[\w.]*(error|exception|panic)\b.*:", line, re.IGNORECASE)]
    return ((named or lines or ["it said nothing"])[-1])[:ERROR_LEN]
