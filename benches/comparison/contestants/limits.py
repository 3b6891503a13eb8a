"""Limits: how fast the best tool merely decompresses the same files on the same cores.

No query can be faster than the decompressor it uses; the ratio says how much is lost to it. For
plain text the limit is `wc -l`, a scan for newlines, which no reader of CSV comes near.
"""
import shutil
from dataclasses import dataclass

from ..case import Case
from ..process import Command
from ..versions import program_version
from .contestant import Contestant
from .shell import all_files, each_file


@dataclass
class Limit(Contestant):
    """A decompressor; `{cores}` in its command is the number of cores.

    With `many` it runs once per file, as many at a time as there are cores; without, it gets
    all files and uses the cores by itself.
    """

    codec: str
    tool: str
    many: bool
    kind = "limit"

    @property
    def name(self) -> str:
        return self.tool.format(cores="N") + (" x N" if self.many else "")

    @property
    def program(self) -> str:
        return self.tool.split()[0]

    def missing(self) -> str | None:
        return None if shutil.which(self.program) else f"{self.program} is not installed"

    def versions(self) -> dict[str, str]:
        return {self.program: program_version(self.program)}

    def takes(self, case: Case) -> bool:
        return case.codec == self.codec

    def command(self, case: Case) -> Command:
        tool = self.tool.format(cores=case.cores)
        if self.many:
            return each_file(f'exec {tool} "$1" >/dev/null', case.cores, case.files)
        return all_files(tool, case.files)

    def read(self, case: Case, stdout: str) -> None:
        return None


LIMITS = [
    Limit("plain", "wc -l", many=True),
    Limit("gz", "igzip -dc", many=True),
    Limit("gz", "pigz -dc -p{cores}", many=False),
    Limit("bz2", "lbzip2 -dc -n{cores}", many=False),
    Limit("bz2", "lbzip2 -dc -n1", many=True),
    Limit("zst", "zstd -qdc", many=True),
    Limit("xz", "xz -dc -T1", many=True),
    Limit("xz", "xz -dc -T{cores}", many=False),
    Limit("lz4", "lz4 -qdc", many=True),
]
