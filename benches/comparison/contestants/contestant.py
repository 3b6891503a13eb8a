"""What the comparison asks of a contestant."""
from abc import ABC, abstractmethod

from .. import answer
from ..case import Case
from ..process import Command


class Contestant(ABC):
    """Answers cases. `kind` is 'swath', 'peer', 'tool' (answers, but was wired by hand for one
    question) or 'limit' (only decompresses, answers nothing)."""

    name: str
    kind: str

    @property
    def engine(self) -> str:
        """Variants of one engine, such as `duckdb-pipe`, agree with each other for free."""
        return self.name.split("-")[0]

    @abstractmethod
    def missing(self) -> str | None:
        """Why it is not installed, or None if it is."""

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """The programs behind it and their versions."""

    @abstractmethod
    def takes(self, case: Case) -> bool:
        """Whether the case is meant for it; if not, it has no line in the table."""

    def cannot(self, case: Case) -> str | None:
        """Why it cannot answer a case that is meant for it."""
        return None

    @abstractmethod
    def command(self, case: Case) -> Command:
        """What to run."""

    def read(self, case: Case, stdout: str) -> answer.Answer | None:
        """The answer in what it printed; None for those who give none."""
        return answer.from_csv(stdout, case.question.key_count)

    def query_s(self, stderr: str) -> float | None:
        """The time between its start-up and its end, where it tells."""
        return None
