"""Reads answers and says whether all contestants gave the same one."""
import csv
import io
import math
from collections.abc import Callable
from dataclasses import dataclass, field

RELATIVE_TOLERANCE = 1e-9
# (key columns, values) of every row, in the order of the keys
Answer = list[tuple[tuple[str, ...], tuple[float | None, ...]]]


def from_csv(text: str, key_count: int) -> Answer:
    """Reads CSV with a header line; an empty value is a null.

    # Raises
    ValueError if there is no header, a value is no number, or rows differ in width.
    """
    rows = list(csv.reader(io.StringIO(text)))
    if not rows:
        raise ValueError("printed nothing")
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise ValueError("printed rows of different widths")
    return sorted_by_key([(tuple(row[:key_count]), tuple(map(number, row[key_count:]))) for row in rows[1:]])


def from_lines(text: str) -> Answer:
    """Reads lines that are keys without values."""
    return sorted_by_key([((line,), ()) for line in text.splitlines()])


def sorted_by_key(rows: Answer) -> Answer:
    return sorted(rows, key=lambda row: row[0])


def number(text: str) -> float | None:
    """A number; integers stay integers, for a float cannot hold all of them."""
    if text == "":
        return None
    try:
        return int(text)
    except ValueError:
        return float(text)


def agree(a: Answer, b: Answer) -> bool:
    """The same keys, and the same values to within the tolerance."""
    return len(a) == len(b) and all(
        key_a == key_b and len(values_a) == len(values_b) and all(map(close, values_a, values_b))
        for (key_a, values_a), (key_b, values_b) in zip(a, b))


def close(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    return math.isclose(a, b, rel_tol=RELATIVE_TOLERANCE)


@dataclass
class Opinion:
    """One answer, and who gave it."""

    answer: Answer
    engines: set[str] = field(default_factory=set)


@dataclass
class Agreement:
    """All answers to one question, whatever the codec: the codec must not change the answer."""

    opinions: list[Opinion] = field(default_factory=list)
    same: Callable[[Answer, Answer], bool] = agree

    def add(self, engine: str, answer: Answer) -> Opinion:
        """Notes an answer; variants of one engine are one voice."""
        opinion = next((o for o in self.opinions if self.same(o.answer, answer)), None)
        if opinion is None:
            opinion = Opinion(answer)
            self.opinions.append(opinion)
        opinion.engines.add(engine)
        return opinion

    def verdict(self, opinion: Opinion) -> str:
        """'ok', 'unchecked' (nobody else answered), or 'DIFFERENT ANSWER'.

        The answer of most engines is held right; without a majority every answer is suspect.
        """
        if len(self.opinions) == 1:
            return "ok" if len(opinion.engines) > 1 else "unchecked"
        others = max(len(o.engines) for o in self.opinions if o is not opinion)
        return "ok" if len(opinion.engines) > others else "DIFFERENT ANSWER"
