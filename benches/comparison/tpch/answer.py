"""Reads answers, and says whether two are the same: numbers to within a tolerance, rows in order."""
import csv
import io
from functools import partial

from ..answer import Agreement, close
from .query import FOLDER, Query, Task

Cell = str | float | None
Rows = list[tuple[Cell, ...]]
# The rows of each query of a task
Answers = list[Rows]

# A row of this column alone stands before each answer of a process that gives several.
MARK = "answer_of"


def read(task: Task, text: str) -> Answers:
    """Reads what a contestant printed for a task.

    # Raises
    ValueError if answers are missing, or one has no header.
    """
    records = list(csv.reader(io.StringIO(text)))
    if task.is_single:
        return [rows(records)]
    starts = [index for index, record in enumerate(records) if record == [MARK]]
    found = {records[start + 1][0]: records[start + 2:end]
             for start, end in zip(starts, [*starts[1:], len(records)])}
    missing = [query.name for query in task.queries if query.name not in found]
    if missing:
        raise ValueError(f"no answer of {', '.join(missing)}")
    return [rows(found[query.name]) for query in task.queries]


def rows(records: list[list[str]]) -> Rows:
    """The rows under a header; an empty line is a row with a null alone."""
    if not records:
        raise ValueError("an answer has no header")
    return [tuple(map(cell, record or [""])) for record in records[1:]]


def cell(text: str) -> Cell:
    """A number where the text is one, None where it is empty or says NULL."""
    if text in ("", "NULL"):
        return None
    try:
        return float(text)
    except ValueError:
        return text


def same(task: Task, a: Answers, b: Answers) -> bool:
    return all(map(same_rows, task.queries, a, b))


def same_rows(query: Query, a: Rows, b: Rows) -> bool:
    """The same rows, in the order that the query asks for.

    Where rows are equal in what they are ordered by, any order is right: each run of such rows of `a` is
    matched with the rows that stand there in `b`.
    """
    if len(a) != len(b):
        return False
    start = 0
    while start < len(a):
        end = start + 1
        while end < len(a) and all(same_cell(a[start][i], a[end][i]) for i in query.order):
            end += 1
        left = list(b[start:end])
        for row in a[start:end]:
            match = next((i for i, other in enumerate(left) if same_row(row, other)), None)
            if match is None:
                return False
            del left[match]
        start = end
    return True


def same_row(a: tuple[Cell, ...], b: tuple[Cell, ...]) -> bool:
    return len(a) == len(b) and all(map(same_cell, a, b))


def same_cell(a: Cell, b: Cell) -> bool:
    return close(a, b) if isinstance(a, float) and isinstance(b, float) else a == b


def kept(task: Task) -> Answers:
    """The answers in `benches/tpch/answers`, which hold for scale 0.01 alone."""
    texts = [(FOLDER / "answers" / f"{query.name}.txt").read_text() for query in task.queries]
    return [rows([line.split("|") for line in text.splitlines() if not line.startswith("#")]) for text in texts]


def agreement(task: Task) -> Agreement:
    """For the answers of all contestants to one task."""
    return Agreement(same=partial(same, task))
