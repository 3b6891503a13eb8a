"""Everybody who takes part, in the order of the table."""
from pathlib import Path

from ..layout import Layout
from .contestant import Contestant
from .limits import LIMITS
from .python_peer import PEERS
from .swath import Swath
from .tools import TOOLS

__all__ = ["Contestant", "all_contestants"]


def all_contestants(layout: Layout, swath_binary: Path) -> list[Contestant]:
    return [Swath(swath_binary), *(make(layout) for make in PEERS), *TOOLS, *LIMITS]
