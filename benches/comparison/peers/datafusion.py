"""DataFusion: schema and codec declared.

It has no null string that works while it parses a number, so the two delays are declared as text
and cast by a view; a value that is neither NA nor an integer still stops it.
"""
import os
from typing import BinaryIO

import pyarrow
import pyarrow.csv
from datafusion import SessionConfig, SessionContext

from . import airline
from .ask import CORES, Ask

COMPRESSION = {"plain": "UNCOMPRESSED", "gz": "GZIP", "bz2": "BZIP2", "zst": "ZSTD", "xz": "XZ"}
DELAYS = ("DepDelay", "ArrDelay")


def answer(ask: Ask, out: BinaryIO) -> None:
    config = SessionConfig().with_target_partitions(CORES)
    # names such as DepDelay keep their case without quotes
    context = SessionContext(config.set("datafusion.sql_parser.enable_ident_normalization", "false"))
    declare = declare_lines if ask.question.dataset == "wiki" else declare_csv
    for statement in declare(os.path.dirname(ask.pattern) + "/", COMPRESSION[ask.codec]):
        context.sql(statement).collect()
    pyarrow.csv.write_csv(plain_strings(context.sql(ask.sql("source")).to_arrow_table()), out)


def plain_strings(table: pyarrow.Table) -> pyarrow.Table:
    """The writer of CSV does not know DataFusion's string views."""
    return table.cast(pyarrow.schema(
        field.with_type(pyarrow.string()) if field.type == pyarrow.string_view() else field for field in table.schema))


def declare_csv(folder: str, compression: str) -> list[str]:
    types = airline.column_types("INT", "VARCHAR") | dict.fromkeys(DELAYS, "VARCHAR")
    columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    selected = ", ".join(f"CAST(NULLIF({name}, '{airline.NULL_TEXT}') AS INT) AS {name}" if name in DELAYS else name
                         for name in types)
    return [
        f"CREATE EXTERNAL TABLE file ({columns}) STORED AS CSV LOCATION '{folder}' "
        f"OPTIONS ('format.has_header' 'true', 'format.compression' '{compression}')",
        f"CREATE VIEW source AS SELECT {selected} FROM file",
    ]


def declare_lines(folder: str, compression: str) -> list[str]:
    """A CSV of one column whose delimiter and quote do not occur."""
    return [
        f"CREATE EXTERNAL TABLE source (line VARCHAR) STORED AS CSV LOCATION '{folder}' "
        f"OPTIONS ('format.has_header' 'false', 'format.delimiter' '\x01', 'format.quote' '\x02', "
        f"'format.compression' '{compression}')"
    ]
