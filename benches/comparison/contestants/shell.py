"""Shell lines over many files, on a given number of cores."""
from pathlib import Path

from ..process import Command


def each_file(step: str, cores: int, files: list[Path], then: str = "cat >/dev/null", first: str = ":") -> Command:
    """Runs `step` (a shell line, the file is "$1") once per file, `cores` files at a time.

    What the steps print goes to `then`; `first` may print a header before. Largest files go first,
    so that the last core does not wait for a late large one.
    """
    script = (f"{first}; step=$1; shift; "
              f"printf '%s\\0' \"$@\" | xargs -0 -P {cores} -n 1 sh -c \"$step\" sh | {then}")
    ordered = sorted(files, key=lambda f: -f.stat().st_size)
    return Command(["bash", "-o", "pipefail", "-c", script, "bash", step, *map(str, ordered)], {})


def all_files(tool: str, files: list[Path]) -> Command:
    """Runs one tool over all files, for tools that use all cores by themselves."""
    return Command(["bash", "-c", f'{tool} "$@" >/dev/null', "bash", *map(str, files)], {})
