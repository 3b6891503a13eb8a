"""Runs the statements of a script with one peer: python -m comparison.peers.script PEER SCRIPT GLOB HOW

HOW is `together` (whatever the peer has for several results at once) or `apart` (one after the other).
Prints the answers as JSON: for each statement, its rows.
"""
import json
import os
import sys

from ..scripts import SCRIPTS
from . import airline

CORES = len(os.sched_getaffinity(0))


def duckdb_rows(statements: list[str], pattern: str, _how: str) -> list[list]:
    """DuckDB has nothing for several results: it runs them one after the other in one process."""
    import duckdb
    from .duckdb import csv
    connection = duckdb.connect()
    connection.execute(f"SET threads={CORES}; SET preserve_insertion_order=false")
    source = csv(pattern, header=True)
    return [connection.execute(sql.format(source=source)).fetchall() for sql in statements]


def polars_rows(statements: list[str], pattern: str, how: str) -> list[list]:
    """Polars: SQL over one lazy scan; `collect_all` for all of them together."""
    os.environ["POLARS_MAX_THREADS"] = str(CORES)
    import polars as pl
    scan = pl.scan_csv(pattern, schema=airline.column_types(pl.Int32, pl.String), null_values=airline.NULL_TEXT)
    context = pl.SQLContext(flights=scan)
    plans = [context.execute(sql.format(source="flights"), eager=False) for sql in statements]
    if how == "together":
        frames = pl.collect_all(plans, engine="streaming")
    else:
        frames = [plan.collect(engine="streaming") for plan in plans]
    return [frame.rows() for frame in frames]


def main(peer: str, script: str, pattern: str, how: str) -> None:
    rows = {"duckdb": duckdb_rows, "polars": polars_rows}[peer](list(SCRIPTS[script]), pattern, how)
    json.dump([[list(map(plain, row)) for row in answer] for answer in rows], sys.stdout)


def plain(value):
    return value if value is None or isinstance(value, (int, float, str)) else float(value)


if __name__ == "__main__":
    main(*sys.argv[1:])
