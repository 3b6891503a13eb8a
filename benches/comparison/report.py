"""The table, and above it all that is needed to judge the figures."""
import datetime
import platform
from dataclasses import dataclass

from . import machine
from .answer import Agreement
from .case import Case
from .rounds import Cell, Rules
from .versions import program_version, revision

HEADINGS = ["query", "codec", "contestant", "wall s", "spread", "query s", "CPU s", "peak MB",
            "/ Swath", "/ best peer", "/ limit", "answer", "note"]
TEXT_HEADINGS = {"query", "codec", "contestant", "answer", "note"}
KIND_ORDER = ["swath", "peer", "tool", "limit"]


@dataclass
class Comparison:
    """Everything measured so far."""

    rules: Rules
    scale: float
    left_out: dict[str, str]
    agreements: dict[str, Agreement]
    cells: list[Cell]

    def verdict(self, cell: Cell) -> str:
        """What the other answers say of this cell's; empty for those who give no answer."""
        verdicts = {self.agreements[cell.case.question.name].verdict(o) for o in cell.opinions}
        if len(verdicts) > 1:  # not even the same in all its runs
            return "DIFFERENT ANSWER"
        return verdicts.pop() if verdicts else ""

    @property
    def failures(self) -> list[str]:
        """What makes the comparison as a whole fail."""
        found = []
        for cell in self.cells:
            where = f"{cell.contestant.name}, {cell.case.question.name} over {cell.case.codec}"
            if cell.failed:
                found.append(f"{where}: {cell.failed}")
            elif self.verdict(cell) == "DIFFERENT ANSWER":
                found.append(f"{where}: DIFFERENT ANSWER")
        return found


def render(comparison: Comparison) -> str:
    """The whole report in Markdown."""
    return "\n".join([*preamble(comparison), "", *table(comparison), "", *footnotes(comparison)]) + "\n"


def preamble(comparison: Comparison) -> list[str]:
    rules = comparison.rules
    cores = len(rules.cpus) if rules.cpus else machine.available_cores()
    asked = {q.name: q.title for q in (cell.case.question for cell in comparison.cells)}
    left_out = [f"{name} ({why})" for name, why in comparison.left_out.items()]
    return [
        f"- Date: {datetime.date.today().isoformat()}" + (f", revision {revision()}" if revision() else ""),
        f"- Machine: {machine.describe()}; {cores} cores used",
        f"- Versions: {', '.join(versions(comparison.cells))}",
        f"- Data: scale {comparison.scale:g}: {', '.join(data_sizes(comparison.cells))}",
        f"- Rules: a warm-up each, rounds: {rules.round_count}; medians; one run only from {rules.long_s:g} s up",
        f"- Questions: {'; '.join(f'{name} {title}' for name, title in asked.items())}",
        *([f"- Left out: {'; '.join(left_out)}"] if left_out else []),
    ]


def versions(cells: list[Cell]) -> list[str]:
    """The compiler, Python, and the programs behind all who took part."""
    found = {"Rust": program_version("rustc"), "Python": platform.python_version()}
    for contestant in {cell.contestant.name: cell.contestant for cell in cells}.values():
        found |= contestant.versions()
    return [f"{name} {version}" for name, version in found.items()]


def data_sizes(cells: list[Cell]) -> list[str]:
    """Files and bytes of each folder read."""
    cases: dict[tuple[str, str], Case] = {(c.case.question.dataset, c.case.codec): c.case for c in cells}
    return [f"{dataset} {codec} {len(case.files)} files {case.len_bytes / 1e6:.1f} MB"
            for (dataset, codec), case in cases.items()]


def table(comparison: Comparison) -> list[str]:
    rows = [row for group in groups(comparison.cells) for row in group_rows(comparison, group)]
    cells = [HEADINGS, ["---" if h in TEXT_HEADINGS else "---:" for h in HEADINGS], *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in cells]


def groups(cells: list[Cell]) -> list[list[Cell]]:
    """The cells of each case, in the order measured."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.case.question.name, cell.case.codec), []).append(cell)
    return list(found.values())


def group_rows(comparison: Comparison, cells: list[Cell]) -> list[list[str]]:
    """The rows of one case: Swath, the others by time, those without an answer, the limit."""
    rivals = {kind: fastest(comparison, cells, kind) for kind in KIND_ORDER}
    ordered = sorted(cells, key=lambda c: (KIND_ORDER.index(c.contestant.kind), not c.stands,
                                           c.wall_s if c.stands else 0))
    return [row(comparison, cell, rivals) for cell in ordered]


def fastest(comparison: Comparison, cells: list[Cell], kind: str) -> float | None:
    """The wall time to beat; a wrong answer beats nobody."""
    return min((cell.wall_s for cell in cells if cell.contestant.kind == kind and cell.stands
                and comparison.verdict(cell) != "DIFFERENT ANSWER"), default=None)


def row(comparison: Comparison, cell: Cell, rivals: dict[str, float | None]) -> list[str]:
    head = [cell.case.question.name, cell.case.codec, cell.contestant.name]
    if not cell.stands:
        return [*head, "cannot" if cell.cannot else "failed", *[""] * 8, cell.cannot or cell.failed or ""]
    verdict = comparison.verdict(cell)
    return [*head,
            f"{cell.wall_s:.2f}",
            "" if cell.spread is None else f"{cell.spread:.0%}",
            "" if cell.query_s is None else f"{cell.query_s:.2f}",
            f"{cell.cpu_s:.2f}",
            f"{cell.peak_bytes / 1e6:.0f}" if cell.peak_bytes else "",
            *(ratio(cell.wall_s, rivals[kind]) if verdict != "DIFFERENT ANSWER" else ""
              for kind in ("swath", "peer", "limit")),
            verdict,
            ", ".join(notes(cell, comparison.rules))]


def ratio(wall_s: float, other_s: float | None) -> str:
    return f"{wall_s / other_s:.2f}" if other_s else ""


def notes(cell: Cell, rules: Rules) -> list[str]:
    found = []
    if len(cell.runs) < rules.round_count:
        found.append(f"runs: {len(cell.runs)}")
    if cell.disturbed:
        found.append(f"disturbed: others used {cell.other_cores:.2f} cores")
    return found


def footnotes(comparison: Comparison) -> list[str]:
    disturbed = sum(cell.stands and cell.disturbed for cell in comparison.cells)
    return [f"{len(comparison.cells)} cells, {disturbed} of them disturbed by other processes.",
            *(f"FAILED: {failure}" for failure in comparison.failures)]
