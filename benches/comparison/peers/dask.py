"""Dask as its tutorials do it: data frames on threads, bags on processes.

Types are declared and only the columns needed are read. NA makes an integer column a float one in
pandas. Compressed files cannot be split, so they are one partition each.
"""
import re
from typing import BinaryIO

import dask
import dask.bag
import dask.dataframe
import pandas

from . import airline
from .ask import CORES, Ask

STATISTICS = ["mean", "count", "min", "max"]


def answer(ask: Ask, out: BinaryIO) -> None:
    dask.config.set(num_workers=CORES)
    plan = PLANS[ask.question.name]
    if ask.question.dataset == "wiki":
        lines = dask.bag.read_text(ask.pattern)
        rows = plan(lines.filter(has_literal) if ask.literal_first else lines)
    else:
        rows = plan(csv(ask))
    rows.to_csv(out)


def csv(ask: Ask) -> dask.dataframe.DataFrame:
    columns = airline.USED_COLUMNS[ask.question.name]
    types = airline.column_types("float64", "str")
    return dask.dataframe.read_csv(ask.pattern, usecols=columns, dtype={c: types[c] for c in columns},
                                   blocksize="default" if ask.codec == "plain" else None,
                                   compression=None if ask.codec == "plain" else "infer")


def one_row(**values) -> pandas.DataFrame:
    return pandas.DataFrame({name: [value] for name, value in values.items()}).set_index(next(iter(values)))


def flights(frame: dask.dataframe.DataFrame) -> pandas.DataFrame:
    chosen = frame[(frame.UniqueCarrier == "UA") & (frame.Origin == "SFO")]
    return chosen.groupby("Dest").DepDelay.mean().compute()


def extremes(frame: dask.dataframe.DataFrame) -> pandas.DataFrame:
    delay = frame.DepDelay
    low, high, count = dask.compute(delay.min(), delay.max(), delay.count())
    return one_row(low=low, high=high, count=count)


def routes(frame: dask.dataframe.DataFrame) -> pandas.DataFrame:
    rows = frame.groupby(airline.KEYS).agg({"DepDelay": STATISTICS, "ArrDelay": STATISTICS}).compute()
    rows.columns = ["_".join(names) for names in rows.columns]
    return rows


def has_literal(line: str) -> bool:
    return "Obama" in line


def is_obama_line(line: str) -> bool:
    fields = line.split(" ")
    return len(fields) >= 6 and re.search("Obama", fields[3]) is not None and fields[2] == "en"


def obama_lines(bag: dask.bag.Bag) -> pandas.DataFrame:
    lines = [line.rstrip("\n") for line in bag.filter(is_obama_line).compute()]
    return pandas.DataFrame({"line": lines}).set_index("line")


PLANS = {
    "Q1": lambda frame: one_row(high=frame.DepDelay.max().compute()),
    "Q2": flights,
    "Q3": extremes,
    "Q4": lambda bag: one_row(count=bag.count().compute()),
    "Q5": obama_lines,
    "Q5c": lambda bag: one_row(count=bag.filter(is_obama_line).count().compute()),
    "Q8": routes,
}
