"""Versions of the programs compared, found without running a query."""
import functools
import re
import subprocess
from pathlib import Path

from .layout import REPOSITORY

UNKNOWN = "?"


@functools.cache
def program_version(program: str) -> str:
    """The first number with a dot in what `program --version` prints."""
    found = re.search(r"\d+\.\d+(\.\d+)*", output_of([program, "--version"]))
    return found[0] if found else UNKNOWN


def package_version(venv: Path, package: str) -> str:
    """The version of a package installed in a virtual environment."""
    for folder in venv.glob(f"lib/python3*/site-packages/{package}-*.dist-info"):
        return folder.name.removeprefix(f"{package}-").removesuffix(".dist-info")
    return UNKNOWN


def revision() -> str:
    """The commit that is checked out, and whether files differ from it; empty where there is none."""
    commit = output_of(["git", "rev-parse", "--short", "--verify", "--quiet", "HEAD"]).strip()
    changed = output_of(["git", "status", "--porcelain", "--untracked-files=no"]).strip()
    return f"{commit} with changes" if commit and changed else commit


def output_of(argv: list[str]) -> str:
    """Standard output and error together; empty if the program is absent or refuses."""
    try:
        done = subprocess.run(argv, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""
