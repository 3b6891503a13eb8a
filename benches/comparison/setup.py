"""Installs the peers into a virtual environment, and says which command-line tools are missing."""
import shutil
import sys

from .contestants.tools import DEBIAN_PACKAGES
from .error import CompareError
from .layout import BENCHES, Layout
from .process import run_in_foreground

REQUIREMENTS = BENCHES / "comparison" / "requirements.txt"


def install(layout: Layout) -> None:
    """Makes or completes the virtual environment."""
    if not layout.venv_python.exists():
        layout.work.mkdir(parents=True, exist_ok=True)
        step([sys.executable, "-m", "venv", str(layout.venv)], "on Debian: apt-get install python3-venv")
    step([str(layout.venv_python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
          "-r", str(REQUIREMENTS)], "pip's message is above")
    missing = sorted({package for tool, package in DEBIAN_PACKAGES.items() if not shutil.which(tool)})
    if missing:
        print(f"not installed, and left out of comparisons: apt-get install {' '.join(missing)}")
    print(f"peers are installed in {layout.venv}")


def step(command: list[str], hint: str) -> None:
    if run_in_foreground(command) != 0:
        raise CompareError(f"this failed: {' '.join(command)}", hint)
