"""Tools wired by hand for one question: what a shell user who knows them would type."""
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from .. import answer
from ..case import Case
from ..process import Command
from ..versions import program_version
from .contestant import Contestant
from .shell import each_file

# program -> Debian package
DEBIAN_PACKAGES = {"igzip": "isal", "pigz": "pigz", "lbzip2": "lbzip2", "zstd": "zstd", "xz": "xz-utils",
                   "lz4": "lz4", "rg": "ripgrep", "wc": "coreutils", "taskset": "util-linux"}

# Six fields at least, the fourth with Obama in it, the third 'en' (see question.py).
OBAMA_LINE = "'^[^ ]* [^ ]* en [^ ]*Obama[^ ]* [^ ]* [^ ]'"
HEADER = "echo answer"
SUM = "awk '{ sum += $1 } END { print sum + 0 }'"
# ripgrep says 1 when it finds nothing, which is no failure here
NOTHING_FOUND_IS_FINE = "|| [ $? = 1 ]"


@dataclass
class Tool(Contestant):
    """A pipeline of `programs` that answers the questions in `steps`: {question: (step, then)}."""

    name: str
    programs: tuple[str, ...]
    steps: dict[str, tuple[str, str]]
    kind = "tool"

    def missing(self) -> str | None:
        absent = [p for p in self.programs if not shutil.which(p)]
        return f"{', '.join(absent)} not installed" if absent else None

    def versions(self) -> dict[str, str]:
        return {program: program_version(program) for program in self.programs}

    def takes(self, case: Case) -> bool:
        return case.codec == "gz" and case.question.name in self.steps

    def command(self, case: Case) -> Command:
        step, then = self.steps[case.question.name]
        return each_file(step, case.cores, case.files, then, HEADER)

    def read(self, case: Case, stdout: str) -> answer.Answer:
        if case.question.name == "Q5":  # its lines are not quoted as CSV would be
            return answer.from_lines(stdout.split("\n", 1)[1])
        return super().read(case, stdout)


def ripgrep(line: str) -> dict[str, tuple[str, str]]:
    """The questions ripgrep answers; `{rg}` in `line` becomes the call without the file.

    Lines are written whole (`--line-buffered`), for several processes write to one pipe.
    """
    calls = {
        "Q4": ("rg -IN -c ''", SUM),
        "Q5": (f"rg -IN --line-buffered {OBAMA_LINE}", "cat"),
        "Q5c": (f"rg -IN -c {OBAMA_LINE}", SUM),
    }
    return {q: (f"{line.format(rg=rg)} {NOTHING_FOUND_IS_FINE}", then) for q, (rg, then) in calls.items()}


TOOLS = [
    Tool("igzip | wc", ("igzip", "wc"), {"Q4": ('igzip -dc "$1" | wc -l', SUM)}),
    Tool("igzip | rg", ("igzip", "rg"), ripgrep('igzip -dc "$1" | {rg}')),
    Tool("rg -z", ("rg",), ripgrep('{rg} -z "$1"')),
]
