"""Where everything lies: the repository, and the folder given by `--work`."""
import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .error import CompareError

BENCHES = Path(__file__).resolve().parent.parent
REPOSITORY = BENCHES.parent


@dataclass(frozen=True)
class Layout:
    """All paths that depend on the work folder and on the size of the data."""

    work: Path
    scale: float

    @property
    def venv(self) -> Path:
        return self.work / "venv"

    @property
    def venv_python(self) -> Path:
        return self.venv / "bin" / "python"

    def data_dir(self, dataset: str, codec: str) -> Path:
        """One folder per data set and codec, so that a folder is as good a name as a glob."""
        return self.work / "data" / f"scale-{self.scale:g}" / f"{dataset}_{codec}"

    @contextlib.contextmanager
    def scratch_dir(self) -> Iterator[Path]:
        """A folder for outputs and spill files of one comparison, gone afterwards."""
        self.work.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=self.work))
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Two comparisons at a time would spoil each other's figures."""
        self.work.mkdir(parents=True, exist_ok=True)
        with open(self.work / "lock", "a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CompareError("another comparison is using this work folder",
                                   "wait for it, or give another --work") from None
            yield
