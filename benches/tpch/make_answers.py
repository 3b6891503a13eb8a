#!/usr/bin/env python3
"""Writes the answers that `engine/tests/tpch.rs` compares with: DuckDB's, over the same files.

    cargo run -p swath-datasets -- tpch --scale 0.01 --out DIR
    python3 benches/tpch/make_answers.py DIR

The official answers are for scale 1 only, which is too much for a test.
"""
import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
TABLES = ("region", "nation", "supplier", "part", "partsupp", "customer", "orders", "lineitem")


def main(data: Path) -> None:
    connection = duckdb.connect()
    for table in TABLES:
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_csv('{data}/{table}[-.]*', header=true)")
    (HERE / "answers").mkdir(exist_ok=True)
    for query in sorted(HERE.glob("q*.sql")):
        result = connection.execute(query.read_text())
        columns = [column[0] for column in result.description]
        rows = [columns, *result.fetchall()]
        lines = ["|".join(map(cell, row)) for row in rows]
        answer = HERE / "answers" / f"{query.stem}.txt"
        head = f"# DuckDB {duckdb.__version__}, scale 0.01; see ../make_answers.py"
        answer.write_text("\n".join([head, *lines]) + "\n")


def cell(value) -> str:
    return "NULL" if value is None else str(value)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
