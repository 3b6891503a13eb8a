"""Peers that are Python packages: each runs `comparison.peers.ask` in the virtual environment."""
import re
import shutil
from dataclasses import dataclass
from functools import partial

from ..case import Case
from ..layout import BENCHES, Layout
from ..process import Command
from ..versions import UNKNOWN, package_version
from .contestant import Contestant

# Modules are compiled in the warm-up and not in every run, also where the user's environment forbids to keep them.
PYTHON_ENV = {"PYTHONPATH": str(BENCHES), "PYTHONDONTWRITEBYTECODE": ""}


@dataclass
class PythonPeer(Contestant):
    """One peer, or a variant of it.

    - `package`: the distribution that must be installed, and the module in `peers/`;
    - `codecs`: what it reads by itself;
    - `variant`: '' as in its manual; 'literal' with a literal test before the costly ones,
      'pipe' fed by a decompressor that it does not have.
    """

    layout: Layout
    package: str
    codecs: tuple[str, ...]
    variant: str = ""
    kind = "peer"

    @property
    def name(self) -> str:
        return f"{self.package}-{self.variant}" if self.variant else self.package

    def missing(self) -> str | None:
        if package_version(self.layout.venv, self.package) == UNKNOWN:
            return "not installed: run `benches/compare setup`"
        if self.variant == "pipe" and not shutil.which("lbzip2"):
            return "lbzip2 is not installed"
        return None

    def versions(self) -> dict[str, str]:
        return {self.package: package_version(self.layout.venv, self.package)}

    def takes(self, case: Case) -> bool:
        if self.variant == "literal":
            return case.question.can_test_literal_first
        if self.variant == "pipe":
            return case.codec == "bz2" and case.question.dataset == "airline"
        return True

    def cannot(self, case: Case) -> str | None:
        return None if case.codec in self.codecs else f"does not read {case.codec}"

    def command(self, case: Case) -> Command:
        argv = [str(self.layout.venv_python), "-m", "comparison.peers.ask", self.package, case.question.name,
                case.codec, case.pattern, self.variant]
        return Command(argv, PYTHON_ENV)

    def query_s(self, stderr: str) -> float | None:
        told = re.search(r"^query_s ([\d.]+)$", stderr, re.MULTILINE)
        return float(told[1]) if told else None


DUCKDB = partial(PythonPeer, package="duckdb", codecs=("plain", "gz", "zst"))
POLARS = partial(PythonPeer, package="polars", codecs=("plain", "gz", "zst"))
DASK = partial(PythonPeer, package="dask", codecs=("plain", "gz", "bz2", "zst", "xz", "lz4"))
DATAFUSION = partial(PythonPeer, package="datafusion", codecs=("plain", "gz", "bz2", "zst", "xz"))

# functions of the layout
PEERS = [
    DUCKDB,
    partial(DUCKDB, variant="literal"),
    partial(DUCKDB, variant="pipe", codecs=("bz2",)),
    POLARS,
    partial(POLARS, variant="literal"),
    DASK,
    partial(DASK, variant="literal"),
    DATAFUSION,
    partial(DATAFUSION, variant="literal"),
]
