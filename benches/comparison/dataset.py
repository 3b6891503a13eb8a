"""Makes the data with the project's own generator, one folder per data set and codec."""
import shutil
from dataclasses import dataclass

from .error import CompareError
from .layout import REPOSITORY, Layout
from .process import run_in_foreground

CODECS = ("plain", "gz", "bz2", "zst", "xz", "lz4")

# The usual tools' own levels, but for xz: at its level 6 a gigabyte takes twenty minutes on two cores.
LEVELS = {"xz": 1}


@dataclass(frozen=True)
class Dataset:
    """What the generator is asked for; `row_count` is that of scale 1, about 1 GB of plain text."""

    name: str
    row_count: int
    file_count: int
    codecs: tuple[str, ...]

    def size_options(self, scale: float) -> list[str]:
        """How the generator is told the size."""
        return ["--rows", str(max(1, round(self.row_count * scale)))]


class TpchTables(Dataset):
    """The tables of TPC-H, whose size is a scale factor and not a count of rows."""

    def size_options(self, scale: float) -> list[str]:
        return ["--scale", f"{scale:g}"]


DATASETS = {d.name: d for d in (
    Dataset("airline", 10_800_000, 10, CODECS),
    Dataset("wiki", 18_000_000, 8, ("gz",)),
)}
# Made when it is asked for; each of the large tables is in `file_count` files.
TPCH = TpchTables("tpch", 8_660_000, 4, CODECS)


def make(layout: Layout, codecs: list[str], force: bool) -> None:
    """Makes every data set in every codec asked for, one after another; what is there stays."""
    for dataset in DATASETS.values():
        for codec in dataset.codecs:
            if codec in codecs:
                make_one(layout, dataset, codec, force)


def make_one(layout: Layout, dataset: Dataset, codec: str, force: bool) -> None:
    """Makes one folder. It gets its name when it is complete, so a name means complete data."""
    folder = layout.data_dir(dataset.name, codec)
    if folder.exists() and not force:
        print(f"{folder}: there already")
        return
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    size = dataset.size_options(layout.scale)
    command = ["cargo", "run", "--quiet", "--release", "-p", "swath-datasets", "--", dataset.name,
               *size, "--files", str(dataset.file_count), "--codec", codec, "--out", str(partial)]
    if codec in LEVELS:
        command += ["--level", str(LEVELS[codec])]
    print(f"{folder}: {' '.join(size)}", flush=True)
    try:
        if run_in_foreground(command, REPOSITORY) != 0:
            raise CompareError(f"could not make {dataset.name} data as {codec}", "the generator's message is above")
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
