"""Asks one peer one question: python -m comparison.peers.ask PEER QUESTION CODEC GLOB VARIANT"""
import importlib
import os
import sys
import time
from dataclasses import dataclass
from typing import BinaryIO

from ..question import QUESTIONS, Question

CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Ask:
    """What a peer is asked, of which files (a glob), in which variant (see `PythonPeer`)."""

    question: Question
    codec: str
    pattern: str
    variant: str

    @property
    def literal_first(self) -> bool:
        return self.variant == "literal"

    def sql(self, source: str) -> str:
        """The question in SQL."""
        return self.question.sql_over(source, self.literal_first)


def main(peer: str, question: str, codec: str, pattern: str, variant: str, out: BinaryIO) -> None:
    module = importlib.import_module(f"comparison.peers.{peer}")
    start = time.perf_counter()
    module.answer(Ask(QUESTIONS[question], codec, pattern, variant), out)
    out.flush()
    print(f"query_s {time.perf_counter() - start:.3f}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:], out=sys.stdout.buffer)
