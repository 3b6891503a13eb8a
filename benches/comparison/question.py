"""The questions: what is asked, in the SQL that Swath, DuckDB and DataFusion share.

Peers without SQL (Polars, Dask, the tools wired by hand) ask the same in their own words; that
it is the same is checked on the answers, not taken on trust.
"""
from dataclasses import dataclass

BY_DELAY = ", ".join(f"{f}({delay})" for delay in ("DepDelay", "ArrDelay") for f in ("avg", "count", "min", "max"))

# Six fields at least, the fourth matching a pattern, the third 'en'.
IS_OBAMA_LINE = ("split_part(line, ' ', 6) <> '' AND split_part(line, ' ', 4) ~ 'Obama' "
                 "AND split_part(line, ' ', 3) = 'en'")


@dataclass(frozen=True)
class Question:
    """One question; `{source}` in its SQL is the table, file glob or table function to read.

    The answer is a table whose first `key_count` columns tell its rows apart; the others are
    numbers. Rows have no order.
    """

    name: str
    title: str
    dataset: str
    key_count: int
    sql: str

    def sql_over(self, source: str, literal_first: bool = False) -> str:
        """The statement over `source`; see `can_test_literal_first` for the second argument."""
        sql = self.sql
        if literal_first:
            sql = sql.replace(" WHERE ", " WHERE line LIKE '%Obama%' AND ")
        return sql.format(source=source)

    @property
    def can_test_literal_first(self) -> bool:
        """A practised user of a peer writes a cheap test for the literal before the costly ones."""
        return IS_OBAMA_LINE in self.sql


QUESTIONS = {q.name: q for q in (
    Question("Q1", "max(DepDelay)", "airline", 0,
             "SELECT max(DepDelay) FROM {source}"),
    Question("Q2", "avg(DepDelay) by Dest of UA from SFO", "airline", 1,
             "SELECT Dest, avg(DepDelay) FROM {source} WHERE UniqueCarrier = 'UA' AND Origin = 'SFO' GROUP BY Dest"),
    Question("Q3", "min, max, count of DepDelay in one go", "airline", 0,
             "SELECT min(DepDelay), max(DepDelay), count(DepDelay) FROM {source}"),
    Question("Q4", "count of lines", "wiki", 0,
             "SELECT count(*) FROM {source}"),
    Question("Q5", "English Obama lines, listed", "wiki", 1,
             "SELECT line FROM {source} WHERE " + IS_OBAMA_LINE),
    Question("Q5c", "English Obama lines, counted", "wiki", 0,
             "SELECT count(*) FROM {source} WHERE " + IS_OBAMA_LINE),
    Question("Q8", "avg, count, min, max of both delays by Origin, Dest, UniqueCarrier", "airline", 3,
             f"SELECT Origin, Dest, UniqueCarrier, {BY_DELAY} FROM {{source}} GROUP BY Origin, Dest, UniqueCarrier"),
)}
