"""Polars: lazy scan, streaming engine, schema and null string declared."""
import os
from typing import BinaryIO

from .ask import CORES, Ask

os.environ["POLARS_MAX_THREADS"] = str(CORES)  # read when Polars is imported

import polars as pl  # noqa: E402
from polars import col  # noqa: E402

from . import airline  # noqa: E402

DEP, ARR = col("DepDelay"), col("ArrDelay")


def answer(ask: Ask, out: BinaryIO) -> None:
    scan = lines if ask.question.dataset == "wiki" else csv
    frame = scan(ask.pattern)
    if ask.literal_first:
        frame = frame.filter(col("line").str.contains("Obama", literal=True))
    PLANS[ask.question.name](frame).collect(engine="streaming").write_csv(out)


def csv(pattern: str) -> pl.LazyFrame:
    return pl.scan_csv(pattern, schema=airline.column_types(pl.Int32, pl.String), null_values=airline.NULL_TEXT)


def lines(pattern: str) -> pl.LazyFrame:
    """A CSV of one column whose delimiter does not occur."""
    return pl.scan_csv(pattern, has_header=False, separator="\x01", quote_char=None, schema={"line": pl.String})


def obama_lines(frame: pl.LazyFrame) -> pl.LazyFrame:
    fields = col("fields").list
    return (frame.with_columns(fields=col("line").str.split(" "))
            .filter(fields.len() >= 6)
            .filter(fields.get(3).str.contains("Obama") & (fields.get(2) == "en"))
            .select("line"))


def statistics(delay: pl.Expr, suffix: str) -> list[pl.Expr]:
    return [statistic.name.suffix(suffix + str(i))
            for i, statistic in enumerate((delay.mean(), delay.count(), delay.min(), delay.max()))]


PLANS = {
    "Q1": lambda frame: frame.select(DEP.max()),
    "Q2": lambda frame: (frame.filter((col("UniqueCarrier") == "UA") & (col("Origin") == "SFO"))
                         .group_by("Dest").agg(DEP.mean())),
    "Q3": lambda frame: frame.select(DEP.min().alias("low"), DEP.max().alias("high"), DEP.count().alias("count")),
    "Q4": lambda frame: frame.select(pl.len()),
    "Q5": obama_lines,
    "Q5c": lambda frame: obama_lines(frame).select(pl.len()),
    "Q8": lambda frame: frame.group_by(airline.KEYS).agg(statistics(DEP, "_dep") + statistics(ARR, "_arr")),
}
