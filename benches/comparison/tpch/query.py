"""The queries, read from `benches/tpch`, alone or together."""
import re
from dataclasses import dataclass

from ..layout import BENCHES
from .tables import TABLES

FOLDER = BENCHES / "tpch"

# The columns of each answer that its ORDER BY names, from 0. Rows equal in them may come in any order.
ORDER = {
    "q01": (0, 1), "q02": (0, 2, 1, 3), "q03": (1, 2), "q04": (0,), "q05": (1,), "q06": (), "q07": (0, 1, 2),
    "q08": (0,), "q09": (0, 1), "q10": (2,), "q11": (1,), "q12": (0,), "q13": (1, 0), "q14": (), "q15": (0,),
    "q16": (3, 0, 1, 2), "q17": (), "q18": (4, 3), "q19": (), "q20": (0,), "q21": (1, 0), "q22": (0,),
}


@dataclass(frozen=True)
class Query:
    """One of the 22: its name such as `q01`, its SQL without the semicolon, the columns it is ordered by."""

    name: str
    title: str
    sql: str
    order: tuple[int, ...]

    @property
    def tables(self) -> list[str]:
        """The tables it reads."""
        words = set(re.findall(r"\w+", self.sql))
        return [table for table in TABLES if table in words]


@dataclass(frozen=True)
class Task:
    """What one process is asked: one query, or several."""

    name: str
    title: str
    queries: tuple[Query, ...]
    dataset = "tpch"

    @property
    def is_single(self) -> bool:
        return len(self.queries) == 1

    @property
    def tables(self) -> list[str]:
        return [table for table in TABLES if any(table in query.tables for query in self.queries)]


def read_query(name: str) -> Query:
    """Reads a query; its first line is a comment with its title."""
    head, sql = (FOLDER / f"{name}.sql").read_text().split("\n", 1)
    return Query(name, head.split(": ", 1)[1], sql.strip().removesuffix(";"), ORDER[name])


def tasks(names: list[str]) -> list[Task]:
    """Each query alone, and all of them together if they are several."""
    queries = [read_query(name) for name in names]
    alone = [Task(query.name, query.title, (query,)) for query in queries]
    return alone + ([Task("all", f"all {len(queries)} in one process", tuple(queries))] if len(queries) > 1 else [])


def query_name(text: str) -> str:
    """`q07` for 7, 07, Q7 and q07; what is none of these stays as it is."""
    digits = text.lower().removeprefix("q")
    return f"q{int(digits):02}" if digits.isdigit() else text
