"""The 22 queries of TPC-H over CSV, on Swath and on peers: each alone, and all in one process.

Suggested reading order:

    tables.py       the eight tables and the types of their columns
    query.py        the queries, which lie in `benches/tpch`, and what their answers are ordered by
    answer.py       are two answers the same?
    contestants.py  who answers, and what is run for it
    peers/          the programs inside the peers' virtual environment; Polars has its own 22 queries
    check.py        everybody against the answers that are kept in `benches/tpch/answers`
    report.py       the Markdown tables

Runs, rounds, medians and memory are those of the package above (`process.py`, `rounds.py`).
"""
