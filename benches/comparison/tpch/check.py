"""Everybody against the answers that are kept, before anything is measured.

The kept answers hold for scale 0.01. At other scales the contestants are compared with each other; that they
then answer the same questions as here is sure, for nothing but the folder differs.
"""
from pathlib import Path

from ..case import Case
from ..contestants.contestant import Contestant
from ..error import CompareError
from ..process import measure
from ..rounds import Rules, gist
from . import answer

SCALE = 0.01


def check(cases: list[Case], contestants: list[Contestant], rules: Rules, scratch: Path) -> None:
    """Asks every contestant everything that it takes, once.

    # Raises
    CompareError with all answers that are wrong or missing.
    """
    faults = [f"{contestant.name}, {case.question.name}: {fault}"
              for case in cases for contestant in contestants
              if contestant.takes(case) and (fault := fault_of(contestant, case, rules, scratch))]
    if faults:
        raise CompareError(f"at scale {SCALE:g}: {'; '.join(faults)}", "benches/tpch/answers has the right answers")


def fault_of(contestant: Contestant, case: Case, rules: Rules, scratch: Path) -> str | None:
    """What is wrong with an answer, or None."""
    run = measure(contestant.command(case), scratch, rules.timeout_s)
    if not run.succeeded:
        return gist(run.stderr.read_text(errors="replace"))
    try:
        found = contestant.read(case, run.stdout.read_text())
    except (ValueError, IndexError) as error:
        return f"unreadable answer: {error}"
    return None if answer.same(case.question, answer.kept(case.question), found) else "DIFFERENT ANSWER"
