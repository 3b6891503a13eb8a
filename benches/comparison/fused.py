"""Several questions at once against one after the other: for Swath, and for peers that have a way.

For each script of statements: the whole script in one process (`together`), each statement in a process
of its own (`apart`, the sum), and the costliest statement alone. All must give the same answers.
"""
import json
import math
import statistics
from dataclasses import dataclass
from pathlib import Path

from .case import Case
from .error import CompareError
from .layout import BENCHES, Layout
from .process import Command, measure
from .question import QUESTIONS
from .scripts import SCRIPTS

TOLERANCE = 1e-9


@dataclass
class Way:
    """One way to answer a script: its median wall time and largest memory."""

    name: str
    wall_s: float
    peak_bytes: int


class Fused:
    """Runs one script in every way."""

    def __init__(self, layout: Layout, binary: Path, scratch: Path, rounds: int, timeout_s: float):
        self.layout, self.binary, self.scratch = layout, binary.resolve(), scratch
        self.rounds, self.timeout_s = rounds, timeout_s

    def compare(self, script: str, codec: str, peers: list[str]) -> list[Way]:
        case = Case(QUESTIONS["Q1"], codec, self.layout.data_dir("airline", codec), 0)
        if not case.files:
            raise CompareError(f"no data in {case.folder}", "run `benches/compare data`")
        case.read_into_page_cache()
        statements = [sql.format(source=f"'{case.pattern}'") for sql in SCRIPTS[script]]
        expected = None
        together, apart, costliest, peak = [], [], [], 0
        for number in range(self.rounds + 1):  # the first warms up
            run, text = self.run(self.swath("; ".join(statements)))
            answers = read_script(text, len(statements))
            singles = [self.run(self.swath(sql)) for sql in statements]
            alone = [read_script(text, 1)[0] for _, text in singles]
            if not all(map(same_rows, answers, alone)):
                raise CompareError(f"{script}: together and apart give different answers")
            expected = alone
            if number:
                together.append(run.wall_s)
                apart.append(sum(single.wall_s for single, _ in singles))
                costliest.append(max(single.wall_s for single, _ in singles))
                peak = max(peak, run.peak_bytes)
        median = statistics.median
        ways = [Way("swath together", median(together), peak), Way("swath apart", median(apart), 0),
                Way("swath, costliest alone", median(costliest), 0)]
        for peer in peers:
            ways += self.peer_ways(peer, script, case, expected)
        return ways

    def peer_ways(self, peer: str, script: str, case: Case, expected: list) -> list[Way]:
        ways = []
        for how in ("together", "apart") if peer == "polars" else ("apart",):
            walls, peak = [], 0
            for number in range(self.rounds + 1):
                argv = [str(self.layout.venv_python), "-m", "comparison.peers.script", peer, script, case.pattern, how]
                run, text = self.run(Command(argv, {"PYTHONPATH": str(BENCHES)}))
                wrong = [not same for same in map(same_rows, json.loads(text), expected)].count(True)
                if number:
                    walls.append(run.wall_s)
                    peak = max(peak, run.peak_bytes)
            differs = f" ({wrong} answers differ)" if wrong else ""
            ways.append(Way(f"{peer} {how}{differs}", statistics.median(walls), peak))
        return ways

    def swath(self, sql: str) -> Command:
        return Command([str(self.binary), "--format", "jsonl", sql], {})

    def run(self, command: Command):
        run = measure(command, self.scratch, self.timeout_s)
        if not run.succeeded:
            raise CompareError(f"{' '.join(command.argv)[:200]}: {run.stderr.read_text()[-500:]}")
        return run, run.stdout.read_text()


def read_script(text: str, count: int) -> list[list]:
    """The rows of each statement, told apart by their columns: a statement with a key has several rows."""
    records = [json.loads(line) for line in text.splitlines()]
    if count == 1:
        return [[list(record.values()) for record in records]]
    answers, columns, keys = [], None, set()
    for record in records:
        row = list(record.values())
        if len(row) > 1 and columns == list(record) and row[0] not in keys:
            answers[-1].append(row)
        else:
            answers.append([row])
            columns, keys = list(record), set()
        keys.add(row[0])
    if len(answers) != count:
        raise CompareError(f"expected {count} answers, found {len(answers)}")
    return answers


def same_rows(left: list, right: list) -> bool:
    def order(rows):
        return sorted(([value for value in row] for row in rows), key=lambda row: str(row[0]) if len(row) > 1 else "")
    left, right = order(left), order(right)
    return len(left) == len(right) and all(
        len(a) == len(b) and all(map(same_value, a, b)) for a, b in zip(left, right))


def same_value(a, b) -> bool:
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=TOLERANCE)
    return a == b


def render(script: str, codec: str, ways: list[Way]) -> str:
    """A table of the ways, each against the costliest statement alone."""
    base = next(way.wall_s for way in ways if "costliest" in way.name)
    lines = [f"**{script}** ({len(SCRIPTS[script])} statements, {codec})", "",
             "| way | wall, s | / costliest alone | peak, MB |", "| --- | ---: | ---: | ---: |"]
    for way in ways:
        peak = f"{way.peak_bytes / 1e6:.0f}" if way.peak_bytes else ""
        lines.append(f"| {way.name} | {way.wall_s:.2f} | {way.wall_s / base:.2f} | {peak} |")
    return "\n".join(lines) + "\n"
