"""The eight tables as they are declared to the peers, in the order of their columns."""
from pathlib import Path

# Kinds of columns; each peer has its own types for them.
INTEGER, NUMBER, DATE, TEXT = "integer", "number", "date", "text"

TABLES: dict[str, dict[str, str]] = {
    "region": {"r_regionkey": INTEGER, "r_name": TEXT, "r_comment": TEXT},
    "nation": {"n_nationkey": INTEGER, "n_name": TEXT, "n_regionkey": INTEGER, "n_comment": TEXT},
    "supplier": {"s_suppkey": INTEGER, "s_name": TEXT, "s_address": TEXT, "s_nationkey": INTEGER, "s_phone": TEXT,
                 "s_acctbal": NUMBER, "s_comment": TEXT},
    "part": {"p_partkey": INTEGER, "p_name": TEXT, "p_mfgr": TEXT, "p_brand": TEXT, "p_type": TEXT,
             "p_size": INTEGER, "p_container": TEXT, "p_retailprice": NUMBER, "p_comment": TEXT},
    "partsupp": {"ps_partkey": INTEGER, "ps_suppkey": INTEGER, "ps_availqty": INTEGER, "ps_supplycost": NUMBER,
                 "ps_comment": TEXT},
    "customer": {"c_custkey": INTEGER, "c_name": TEXT, "c_address": TEXT, "c_nationkey": INTEGER, "c_phone": TEXT,
                 "c_acctbal": NUMBER, "c_mktsegment": TEXT, "c_comment": TEXT},
    "orders": {"o_orderkey": INTEGER, "o_custkey": INTEGER, "o_orderstatus": TEXT, "o_totalprice": NUMBER,
               "o_orderdate": DATE, "o_orderpriority": TEXT, "o_clerk": TEXT, "o_shippriority": INTEGER,
               "o_comment": TEXT},
    "lineitem": {"l_orderkey": INTEGER, "l_partkey": INTEGER, "l_suppkey": INTEGER, "l_linenumber": INTEGER,
                 "l_quantity": NUMBER, "l_extendedprice": NUMBER, "l_discount": NUMBER, "l_tax": NUMBER,
                 "l_returnflag": TEXT, "l_linestatus": TEXT, "l_shipdate": DATE, "l_commitdate": DATE,
                 "l_receiptdate": DATE, "l_shipinstruct": TEXT, "l_shipmode": TEXT, "l_comment": TEXT},
}


def pattern(table: str) -> str:
    """A glob for the files of this table and no other, in whatever number and codec."""
    return f"{table}[-.]*"


def files(folder: Path, table: str) -> list[str]:
    """The files of a table, in order."""
    return sorted(map(str, folder.glob(pattern(table))))


def column_types(table: str, types: dict[str, object]) -> dict:
    """Every column of a table with what `types` has for its kind."""
    return {column: types[kind] for column, kind in TABLES[table].items()}
