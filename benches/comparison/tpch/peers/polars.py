"""Polars: lazy scans, streaming engine, schema declared; the queries are in `polars_queries`."""
import os
from typing import BinaryIO

from .. import tables
from ..answer import MARK
from .ask import CORES, Ask

os.environ["POLARS_MAX_THREADS"] = str(CORES)  # read when Polars is imported

import polars as pl  # noqa: E402

from .polars_queries import QUERIES  # noqa: E402

TYPES = {tables.INTEGER: pl.Int32, tables.NUMBER: pl.Float64, tables.DATE: pl.Date, tables.TEXT: pl.String}


def answer(ask: Ask, out: BinaryIO) -> None:
    frames = {table: scan(ask, table) for table in ask.task.tables}
    if ask.load_first:
        loaded = pl.collect_all(list(frames.values()), engine="streaming")
        frames = dict(zip(frames, (frame.lazy() for frame in loaded)))
    plans = [QUERIES[query.name](frames) for query in ask.task.queries]
    if ask.task.is_single:
        plans[0].collect(engine="streaming").write_csv(out)
        return
    answers = ([plan.collect(engine="streaming") for plan in plans] if ask.load_first
               else pl.collect_all(plans, engine="streaming"))
    for query, rows in zip(ask.task.queries, answers):
        out.write(f"{MARK}\n{query.name}\n".encode())
        rows.write_csv(out)


def scan(ask: Ask, table: str) -> pl.LazyFrame:
    return pl.scan_csv(tables.files(ask.folder, table), schema=tables.column_types(table, TYPES))
