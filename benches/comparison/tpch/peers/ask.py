"""Asks one peer some queries: python -m comparison.tpch.peers.ask PEER VARIANT FOLDER QUERY,...

VARIANT is '' or `loaded`: first all tables that are needed into memory, then the queries.
"""
import importlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..query import Task, read_query

CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Ask:
    """What a peer is asked, over the tables of which folder."""

    task: Task
    folder: Path
    load_first: bool


def main(peer: str, variant: str, folder: str, names: str, out: BinaryIO) -> None:
    module = importlib.import_module(f"comparison.tpch.peers.{peer}")
    start = time.perf_counter()
    task = Task(names, "", tuple(map(read_query, names.split(","))))
    module.answer(Ask(task, Path(folder), variant == "loaded"), out)
    out.flush()
    print(f"query_s {time.perf_counter() - start:.3f}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:], out=sys.stdout.buffer)
