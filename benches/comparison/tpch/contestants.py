"""Who answers: Swath, and peers in two ways.

A task of several queries is one process. Swath runs it as one script; DuckDB runs one query after the other;
Polars has `collect_all`. The peers' variant `loaded` takes part in such tasks only: it first loads the tables
into memory, then asks the queries of them.
"""
from pathlib import Path

from ..case import Case
from ..contestants.contestant import Contestant
from ..contestants.python_peer import PYTHON_ENV, PythonPeer
from ..contestants.swath import Swath
from ..layout import Layout
from ..process import Command
from . import answer, tables

CODECS = ("plain", "gz", "zst")


class TpchSwath(Swath):
    """Swath with a view over the files of each table; nothing is declared."""

    def command(self, case: Case) -> Command:
        task = case.question
        statements = [view(case.folder, table) for table in task.tables]
        for query in task.queries:
            statements += [query.sql] if task.is_single else [f"SELECT '{query.name}' AS {answer.MARK}", query.sql]
        return Command([str(self.binary), "--format", "csv", ";\n".join(statements)], {})

    def read(self, case: Case, stdout: str) -> answer.Answers:
        return answer.read(case.question, stdout)


def view(folder: Path, table: str) -> str:
    path = str(folder / tables.pattern(table)).replace("'", "''")
    return f"CREATE VIEW {table} AS SELECT * FROM '{path}'"


class TpchPeer(PythonPeer):
    """A peer: `comparison.tpch.peers.ask` in the virtual environment."""

    def takes(self, case: Case) -> bool:
        return not (self.variant and case.question.is_single)

    def command(self, case: Case) -> Command:
        names = ",".join(query.name for query in case.question.queries)
        argv = [str(self.layout.venv_python), "-m", "comparison.tpch.peers.ask", self.package, self.variant,
                str(case.folder), names]
        return Command(argv, PYTHON_ENV)

    def read(self, case: Case, stdout: str) -> answer.Answers:
        return answer.read(case.question, stdout)


def all_contestants(layout: Layout, swath_binary: Path) -> list[Contestant]:
    return [TpchSwath(swath_binary),
            *(TpchPeer(layout, package=package, codecs=CODECS, variant=variant)
              for package in ("duckdb", "polars") for variant in ("", "loaded"))]
