"""One question over the files of one codec: what every contestant is given."""
from dataclasses import dataclass
from pathlib import Path

from .question import Question


@dataclass(frozen=True)
class Case:
    """A question, a codec, and the files to ask it of."""

    question: Question
    codec: str
    folder: Path
    cores: int

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.glob(self.name_pattern))

    @property
    def pattern(self) -> str:
        """A glob that matches the files, for those who take globs."""
        return str(self.folder / self.name_pattern)

    @property
    def name_pattern(self) -> str:
        return {"airline": "air_*", "wiki": "part-*", "tpch": "*.csv*"}[self.question.dataset]

    @property
    def len_bytes(self) -> int:
        return sum(f.stat().st_size for f in self.files)

    def read_into_page_cache(self) -> None:
        """Reads the files once, so that no contestant pays for the disk."""
        buffer = bytearray(1 << 20)
        for path in self.files:
            with open(path, "rb", buffering=0) as file:
                while file.readinto(buffer):
                    pass
