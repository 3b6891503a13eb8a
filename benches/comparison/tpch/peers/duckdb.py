"""DuckDB: all types declared, nothing sniffed, order of rows not kept."""
import tempfile
from pathlib import Path
from typing import BinaryIO

import duckdb

from .. import tables
from ..answer import MARK
from .ask import CORES, Ask

TYPES = {tables.INTEGER: "INTEGER", tables.NUMBER: "DOUBLE", tables.DATE: "DATE", tables.TEXT: "VARCHAR"}


def answer(ask: Ask, out: BinaryIO) -> None:
    connection = duckdb.connect()
    connection.execute(f"SET threads={CORES}; SET preserve_insertion_order=false")
    for table in ask.task.tables:
        kind = "TABLE" if ask.load_first else "VIEW"
        connection.execute(f"CREATE {kind} {table} AS SELECT * FROM {csv(ask, table)}")
    # A file of its own for each answer: COPY to standard output would begin it anew with every query.
    with tempfile.NamedTemporaryFile() as file:
        for query in ask.task.queries:
            connection.execute(f"COPY ({query.sql}) TO '{file.name}' (FORMAT csv, HEADER)")
            if not ask.task.is_single:
                out.write(f"{MARK}\n{query.name}\n".encode())
            out.write(Path(file.name).read_bytes())


def csv(ask: Ask, table: str) -> str:
    return (f"read_csv({tables.files(ask.folder, table)}, auto_detect=false, header=true, delim=',', quote='\"', "
            f"escape='\"', columns={tables.column_types(table, TYPES)})")
