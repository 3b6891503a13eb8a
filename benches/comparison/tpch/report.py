"""The tables: each query alone, all in one process, and where Swath is behind."""
import math
from dataclasses import dataclass

from .. import report
from ..report import Comparison
from ..rounds import Cell

NUMBER, TEXT = "---:", "---"


@dataclass
class Alone:
    """The cells of one query, by contestant; wrong answers and failures have no figures."""

    name: str
    title: str
    cells: dict[str, Cell]

    def wall_s(self, contestant: str) -> float | None:
        cell = self.cells.get(contestant)
        return cell.wall_s if cell else None

    def best_s(self) -> float | None:
        """The wall time of the fastest peer."""
        return min((cell.wall_s for cell in self.peers()), default=None)

    def best_query_s(self) -> float | None:
        """The same without the start of Python and the import of the library."""
        return min((cell.query_s for cell in self.peers() if cell.query_s is not None), default=None)

    def peers(self) -> list[Cell]:
        return [cell for cell in self.cells.values() if cell.contestant.kind == "peer"]

    def ratio(self) -> float | None:
        return quotient(self.wall_s("swath"), self.best_s())


def render(comparison: Comparison) -> str:
    """The whole report in Markdown."""
    codecs = list(dict.fromkeys(cell.case.codec for cell in comparison.cells))
    parts = [line for line in report.preamble(comparison) if not line.startswith("- Questions")]
    for codec in codecs:
        cells = [cell for cell in comparison.cells if cell.case.codec == codec]
        singles = [cell for cell in cells if cell.case.question.is_single]
        parts += ["", *alone_tables(comparison, codec, singles), *behind(comparison, singles)]
        parts += together_table(comparison, codec, cells)
    return "\n".join([*parts, "", *report.footnotes(comparison)]) + "\n"


def alone_tables(comparison: Comparison, codec: str, cells: list[Cell]) -> list[str]:
    """One line a query, one process a query; at the end the sums."""
    if not cells:
        return []
    names = contestants(cells)
    found = queries(comparison, cells)
    heads = ["query", *(f"{name} s" for name in names), "spread", "Swath / best peer", "/ its query alone",
             *(f"{name} CPU s" for name in names), *(f"{name} MB" for name in names), "answers"]
    rows = [heads, [TEXT, *[NUMBER] * (len(heads) - 2), TEXT]]
    for query in found:
        rows.append([query.name, *figures(query.wall_s(name) for name in names), spread(query), fixed(query.ratio()),
                     fixed(quotient(query.wall_s("swath"), query.best_query_s())),
                     *figures(cell and cell.cpu_s for cell in map(query.cells.get, names)),
                     *(megabytes(query.cells.get(name)) for name in names), verdicts(comparison, cells, query.name)])
    rows.append(sums(found, names))
    return [f"**Each query in a process of its own, {codec}**: medians; spread is the largest of the contestants'.", "",
            *map(line, rows), "", *summary(found)]


def sums(found: list[Alone], names: list[str]) -> list[str]:
    """The last line: sums over the queries that everybody has answered."""
    whole = [query for query in found if all(name in query.cells for name in names)]
    def total(values):
        return math.fsum(values) if whole else None
    walls = [total(query.wall_s(name) for query in whole) for name in names]
    best = total(query.best_s() or 0 for query in whole)
    best_query = total(query.best_query_s() or 0 for query in whole)
    swath = total(query.wall_s("swath") or 0 for query in whole)
    return [f"sum of {len(whole)}", *figures(walls), "", fixed(quotient(swath, best)),
            fixed(quotient(swath, best_query)),
            *figures(total(query.cells[name].cpu_s for query in whole) for name in names),
            *(f"{max(query.cells[name].peak_bytes for query in whole) / 1e6:.0f}" if whole else "" for name in names), ""]


def summary(found: list[Alone]) -> list[str]:
    ratios = [query.ratio() for query in found if query.ratio()]
    if not ratios:
        return []
    mean = math.exp(math.fsum(map(math.log, ratios)) / len(ratios))
    faster = sum(ratio < 1 for ratio in ratios)
    return [f"Swath / best peer: geometric mean {mean:.2f}; Swath is the faster one in {faster} of {len(ratios)}.",
            "The sum's ratio compares with the best peer of each query, not with one peer throughout.", ""]


def behind(comparison: Comparison, cells: list[Cell]) -> list[str]:
    """The queries in which a peer is faster, the worst first."""
    slower = sorted((query for query in queries(comparison, cells) if (query.ratio() or 0) > 1),
                    key=lambda query: -query.ratio())
    if not slower:
        return []
    named = [f"{query.name} {query.title} {query.ratio():.2f} (+{query.wall_s('swath') - query.best_s():.2f} s)"
             for query in slower]
    return [f"Behind the best peer: {'; '.join(named)}.", ""]


def together_table(comparison: Comparison, codec: str, cells: list[Cell]) -> list[str]:
    """All queries in one process, against the sum of the same contestant's single processes."""
    shared = [cell for cell in cells if not cell.case.question.is_single]
    if not shared:
        return []
    found = queries(comparison, [cell for cell in cells if cell.case.question.is_single])
    swath = next((cell.wall_s for cell in shared if cell.contestant.kind == "swath" and right(comparison, cell)), None)
    heads = ["contestant", "way", "wall s", "spread", "/ its own apart", "/ Swath", "CPU s", "peak MB", "answers"]
    rows = [heads, [TEXT, TEXT, *[NUMBER] * 6, TEXT]]
    for cell in sorted(shared, key=lambda cell: cell.wall_s if cell.stands else math.inf):
        head = [cell.contestant.name, way(cell)]
        if not cell.stands:
            rows.append([*head, "cannot" if cell.cannot else "failed", *[""] * 5, cell.cannot or cell.failed or ""])
            continue
        walls = [query.wall_s(cell.contestant.engine) for query in found]
        apart = None if None in walls or not walls else math.fsum(walls)
        rows.append([*head, fixed(cell.wall_s), percent(cell.spread), fixed(quotient(cell.wall_s, apart)),
                     fixed(quotient(cell.wall_s, swath)), fixed(cell.cpu_s), megabytes(cell), comparison.verdict(cell)])
    return [f"**{shared[0].case.question.title}, {codec}**", "", *map(line, rows), ""]


def way(cell: Cell) -> str:
    """How a contestant does several queries in one process."""
    ways = {"swath": "one script", "duckdb": "one after the other", "polars": "`collect_all`"}
    return "tables loaded first" if cell.contestant.name.endswith("-loaded") else ways[cell.contestant.engine]


def contestants(cells: list[Cell]) -> list[str]:
    return list(dict.fromkeys(cell.contestant.name for cell in cells))


def queries(comparison: Comparison, cells: list[Cell]) -> list[Alone]:
    """The right answers' cells, query by query."""
    found = {cell.case.question.name: Alone(cell.case.question.name, cell.case.question.title, {}) for cell in cells}
    for cell in cells:
        if right(comparison, cell):
            found[cell.case.question.name].cells[cell.contestant.name] = cell
    return list(found.values())


def right(comparison: Comparison, cell: Cell) -> bool:
    return cell.stands and comparison.verdict(cell) != "DIFFERENT ANSWER"


def verdicts(comparison: Comparison, cells: list[Cell], query: str) -> str:
    """`ok`, or what is the matter with whom."""
    found = {cell.contestant.name: comparison.verdict(cell) if cell.stands else cell.cannot or "failed"
             for cell in cells if cell.case.question.name == query}
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return ", ".join(f"{name}: {verdict}" for name, verdict in found.items() if verdict != "ok")


def spread(query: Alone) -> str:
    return percent(max((cell.spread for cell in query.cells.values() if cell.spread is not None), default=None))


def quotient(a: float | None, b: float | None) -> float | None:
    return a / b if a is not None and b else None


def figures(values) -> list[str]:
    return [fixed(value) for value in values]


def fixed(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def megabytes(cell: Cell | None) -> str:
    return f"{cell.peak_bytes / 1e6:.0f}" if cell and cell.peak_bytes else ""


def line(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
