"""Swath itself, with nothing declared: it finds types and missing values by itself."""
import os
from pathlib import Path

from ..case import Case
from ..process import Command
from ..versions import program_version
from .contestant import Contestant


class Swath(Contestant):
    """The binary, asked in SQL."""

    name = "swath"
    kind = "swath"

    def __init__(self, binary: Path):
        self.binary = binary.resolve()

    def missing(self) -> str | None:
        if os.access(self.binary, os.X_OK):
            return None
        return "no binary: run `cargo build --release`, or give --swath PATH"

    def versions(self) -> dict[str, str]:
        return {"swath": program_version(str(self.binary))}

    def takes(self, case: Case) -> bool:
        return True

    def command(self, case: Case) -> Command:
        return Command([str(self.binary), "--format", "csv", case.question.sql_over(source(case))], {})


def source(case: Case) -> str:
    """What stands after FROM: a glob is a table of its columns, `read_text` one of its lines."""
    quoted = "'" + case.pattern.replace("'", "''") + "'"
    return f"read_text({quoted})" if case.question.dataset == "wiki" else quoted
