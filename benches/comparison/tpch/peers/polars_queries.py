"""The 22 queries in Polars' own words, over a dictionary of lazy frames by name of table.

Written as a practised user would: small tables joined first, filters before joins, subqueries as joins.
Columns come in the order of the SQL.
"""
from datetime import date

import polars as pl
from polars import col

Tables = dict[str, pl.LazyFrame]

REVENUE = col("l_extendedprice") * (1 - col("l_discount"))


def within(column: str, start: date, end: date) -> pl.Expr:
    """From `start` to the day before `end`."""
    return (col(column) >= start) & (col(column) < end)


def nations_of(t: Tables, region: str) -> pl.LazyFrame:
    return t["nation"].join(t["region"].filter(col("r_name") == region), left_on="n_regionkey", right_on="r_regionkey")


def q01(t: Tables) -> pl.LazyFrame:
    return (t["lineitem"].filter(col("l_shipdate") <= date(1998, 9, 2))
            .group_by("l_returnflag", "l_linestatus")
            .agg(sum_qty=col("l_quantity").sum(), sum_base_price=col("l_extendedprice").sum(),
                 sum_disc_price=REVENUE.sum(), sum_charge=(REVENUE * (1 + col("l_tax"))).sum(),
                 avg_qty=col("l_quantity").mean(), avg_price=col("l_extendedprice").mean(),
                 avg_disc=col("l_discount").mean(), count_order=pl.len())
            .sort("l_returnflag", "l_linestatus"))


def q02(t: Tables) -> pl.LazyFrame:
    suppliers = t["supplier"].join(nations_of(t, "EUROPE"), left_on="s_nationkey", right_on="n_nationkey")
    parts = t["part"].filter((col("p_size") == 15) & col("p_type").str.ends_with("BRASS"))
    offers = (parts.join(t["partsupp"], left_on="p_partkey", right_on="ps_partkey")
              .join(suppliers, left_on="ps_suppkey", right_on="s_suppkey"))
    cheapest = offers.group_by("p_partkey").agg(col("ps_supplycost").min())
    return (offers.join(cheapest, on=["p_partkey", "ps_supplycost"])
            .select("s_acctbal", "s_name", "n_name", "p_partkey", "p_mfgr", "s_address", "s_phone", "s_comment")
            .sort("s_acctbal", "n_name", "s_name", "p_partkey", descending=[True, False, False, False]).head(100))


def q03(t: Tables) -> pl.LazyFrame:
    day = date(1995, 3, 15)
    return (t["customer"].filter(col("c_mktsegment") == "BUILDING")
            .join(t["orders"].filter(col("o_orderdate") < day), left_on="c_custkey", right_on="o_custkey")
            .join(t["lineitem"].filter(col("l_shipdate") > day), left_on="o_orderkey", right_on="l_orderkey")
            .group_by("o_orderkey", "o_orderdate", "o_shippriority").agg(revenue=REVENUE.sum())
            .select(col("o_orderkey").alias("l_orderkey"), "revenue", "o_orderdate", "o_shippriority")
            .sort("revenue", "o_orderdate", descending=[True, False]).head(10))


def q04(t: Tables) -> pl.LazyFrame:
    late = t["lineitem"].filter(col("l_commitdate") < col("l_receiptdate"))
    return (t["orders"].filter(within("o_orderdate", date(1993, 7, 1), date(1993, 10, 1)))
            .join(late, left_on="o_orderkey", right_on="l_orderkey", how="semi")
            .group_by("o_orderpriority").agg(order_count=pl.len()).sort("o_orderpriority"))


def q05(t: Tables) -> pl.LazyFrame:
    orders = t["orders"].filter(within("o_orderdate", date(1994, 1, 1), date(1995, 1, 1)))
    return (nations_of(t, "ASIA")
            .join(t["customer"], left_on="n_nationkey", right_on="c_nationkey")
            .join(orders, left_on="c_custkey", right_on="o_custkey")
            .join(t["lineitem"], left_on="o_orderkey", right_on="l_orderkey")
            .join(t["supplier"], left_on=["l_suppkey", "n_nationkey"], right_on=["s_suppkey", "s_nationkey"])
            .group_by("n_name").agg(revenue=REVENUE.sum()).sort("revenue", descending=True))


def q06(t: Tables) -> pl.LazyFrame:
    return (t["lineitem"]
            .filter(within("l_shipdate", date(1994, 1, 1), date(1995, 1, 1))
                    & col("l_discount").is_between(0.05, 0.07) & (col("l_quantity") < 24))
            .select(revenue=(col("l_extendedprice") * col("l_discount")).sum()))


def q07(t: Tables) -> pl.LazyFrame:
    two = t["nation"].filter(col("n_name").is_in(["FRANCE", "GERMANY"]))
    suppliers = t["supplier"].join(two.select("n_nationkey", supp_nation="n_name"),
                                   left_on="s_nationkey", right_on="n_nationkey")
    lines = t["lineitem"].filter(col("l_shipdate").is_between(date(1995, 1, 1), date(1996, 12, 31)))
    return (t["customer"].join(two.select("n_nationkey", cust_nation="n_name"),
                               left_on="c_nationkey", right_on="n_nationkey")
            .join(t["orders"], left_on="c_custkey", right_on="o_custkey")
            .join(lines, left_on="o_orderkey", right_on="l_orderkey")
            .join(suppliers, left_on="l_suppkey", right_on="s_suppkey")
            .filter(col("supp_nation") != col("cust_nation"))
            .group_by("supp_nation", "cust_nation", l_year=col("l_shipdate").dt.year())
            .agg(revenue=REVENUE.sum()).sort("supp_nation", "cust_nation", "l_year"))


def q08(t: Tables) -> pl.LazyFrame:
    orders = t["orders"].filter(col("o_orderdate").is_between(date(1995, 1, 1), date(1996, 12, 31)))
    americans = t["customer"].join(nations_of(t, "AMERICA"), left_on="c_nationkey", right_on="n_nationkey", how="semi")
    suppliers = t["supplier"].join(t["nation"], left_on="s_nationkey", right_on="n_nationkey")
    from_brazil = pl.when(col("n_name") == "BRAZIL").then(REVENUE).otherwise(0.0)
    return (t["part"].filter(col("p_type") == "ECONOMY ANODIZED STEEL")
            .join(t["lineitem"], left_on="p_partkey", right_on="l_partkey")
            .join(orders, left_on="l_orderkey", right_on="o_orderkey")
            .join(americans, left_on="o_custkey", right_on="c_custkey", how="semi")
            .join(suppliers, left_on="l_suppkey", right_on="s_suppkey")
            .group_by(o_year=col("o_orderdate").dt.year())
            .agg(mkt_share=from_brazil.sum() / REVENUE.sum()).sort("o_year"))


def q09(t: Tables) -> pl.LazyFrame:
    suppliers = t["supplier"].join(t["nation"], left_on="s_nationkey", right_on="n_nationkey")
    return (t["part"].filter(col("p_name").str.contains("green", literal=True))
            .join(t["partsupp"], left_on="p_partkey", right_on="ps_partkey")
            .join(t["lineitem"], left_on=["p_partkey", "ps_suppkey"], right_on=["l_partkey", "l_suppkey"])
            .join(suppliers, left_on="ps_suppkey", right_on="s_suppkey")
            .join(t["orders"], left_on="l_orderkey", right_on="o_orderkey")
            .group_by(nation="n_name", o_year=col("o_orderdate").dt.year())
            .agg(sum_profit=(REVENUE - col("ps_supplycost") * col("l_quantity")).sum())
            .sort("nation", "o_year", descending=[False, True]))


def q10(t: Tables) -> pl.LazyFrame:
    orders = t["orders"].filter(within("o_orderdate", date(1993, 10, 1), date(1994, 1, 1)))
    returned = t["lineitem"].filter(col("l_returnflag") == "R")
    keys = ["c_custkey", "c_name", "c_acctbal", "c_phone", "n_name", "c_address", "c_comment"]
    return (t["customer"].join(t["nation"], left_on="c_nationkey", right_on="n_nationkey")
            .join(orders, left_on="c_custkey", right_on="o_custkey")
            .join(returned, left_on="o_orderkey", right_on="l_orderkey")
            .group_by(keys).agg(revenue=REVENUE.sum())
            .select("c_custkey", "c_name", "revenue", "c_acctbal", "n_name", "c_address", "c_phone", "c_comment")
            .sort("revenue", descending=True).head(20))


def q11(t: Tables) -> pl.LazyFrame:
    germans = t["supplier"].join(t["nation"].filter(col("n_name") == "GERMANY"),
                                 left_on="s_nationkey", right_on="n_nationkey")
    return (t["partsupp"].join(germans, left_on="ps_suppkey", right_on="s_suppkey")
            .group_by("ps_partkey").agg(value=(col("ps_supplycost") * col("ps_availqty")).sum())
            .filter(col("value") > col("value").sum() * 0.0001)
            .sort("value", descending=True))


def q12(t: Tables) -> pl.LazyFrame:
    high = col("o_orderpriority").is_in(["1-URGENT", "2-HIGH"])
    return (t["lineitem"]
            .filter(col("l_shipmode").is_in(["MAIL", "SHIP"]) & (col("l_commitdate") < col("l_receiptdate"))
                    & (col("l_shipdate") < col("l_commitdate"))
                    & within("l_receiptdate", date(1994, 1, 1), date(1995, 1, 1)))
            .join(t["orders"], left_on="l_orderkey", right_on="o_orderkey")
            .group_by("l_shipmode").agg(high_line_count=high.sum(), low_line_count=(~high).sum())
            .sort("l_shipmode"))


def q13(t: Tables) -> pl.LazyFrame:
    orders = t["orders"].filter(~col("o_comment").str.contains("special.*requests"))
    return (t["customer"].join(orders, left_on="c_custkey", right_on="o_custkey", how="left")
            .group_by("c_custkey").agg(c_count=col("o_orderkey").count())
            .group_by("c_count").agg(custdist=pl.len())
            .sort("custdist", "c_count", descending=True))


def q14(t: Tables) -> pl.LazyFrame:
    lines = t["lineitem"].filter(within("l_shipdate", date(1995, 9, 1), date(1995, 10, 1)))
    promoted = pl.when(col("p_type").str.starts_with("PROMO")).then(REVENUE).otherwise(0.0)
    return (lines.join(t["part"], left_on="l_partkey", right_on="p_partkey")
            .select(promo_revenue=100.0 * promoted.sum() / REVENUE.sum()))


def q15(t: Tables) -> pl.LazyFrame:
    revenue = (t["lineitem"].filter(within("l_shipdate", date(1996, 1, 1), date(1996, 4, 1)))
               .group_by("l_suppkey").agg(total_revenue=REVENUE.sum())
               .filter(col("total_revenue") == col("total_revenue").max()))
    return (t["supplier"].join(revenue, left_on="s_suppkey", right_on="l_suppkey")
            .select("s_suppkey", "s_name", "s_address", "s_phone", "total_revenue").sort("s_suppkey"))


def q16(t: Tables) -> pl.LazyFrame:
    parts = t["part"].filter((col("p_brand") != "Brand#45") & ~col("p_type").str.starts_with("MEDIUM POLISHED")
                             & col("p_size").is_in([49, 14, 23, 45, 19, 3, 36, 9]))
    complaints = t["supplier"].filter(col("s_comment").str.contains("Customer.*Complaints"))
    return (parts.join(t["partsupp"], left_on="p_partkey", right_on="ps_partkey")
            .join(complaints, left_on="ps_suppkey", right_on="s_suppkey", how="anti")
            .group_by("p_brand", "p_type", "p_size").agg(supplier_cnt=col("ps_suppkey").n_unique())
            .sort("supplier_cnt", "p_brand", "p_type", "p_size", descending=[True, False, False, False]))


def q17(t: Tables) -> pl.LazyFrame:
    parts = t["part"].filter((col("p_brand") == "Brand#23") & (col("p_container") == "MED BOX"))
    lines = parts.join(t["lineitem"], left_on="p_partkey", right_on="l_partkey")
    limits = lines.group_by("p_partkey").agg(limit=0.2 * col("l_quantity").mean())
    prices = lines.join(limits, on="p_partkey").filter(col("l_quantity") < col("limit"))
    # SQL's sum of no rows is null.
    total = pl.when(pl.len() > 0).then(col("l_extendedprice").sum())
    return prices.select(avg_yearly=total / 7.0)


def q18(t: Tables) -> pl.LazyFrame:
    large = (t["lineitem"].group_by("l_orderkey").agg(sum_quantity=col("l_quantity").sum())
             .filter(col("sum_quantity") > 300))
    return (large.join(t["orders"], left_on="l_orderkey", right_on="o_orderkey")
            .join(t["customer"], left_on="o_custkey", right_on="c_custkey")
            .select("c_name", col("o_custkey").alias("c_custkey"), col("l_orderkey").alias("o_orderkey"),
                    "o_orderdate", "o_totalprice", "sum_quantity")
            .sort("o_totalprice", "o_orderdate", descending=[True, False]).head(100))


def q19(t: Tables) -> pl.LazyFrame:
    cases = [("Brand#12", ["SM CASE", "SM BOX", "SM PACK", "SM PKG"], 5, 1),
             ("Brand#23", ["MED BAG", "MED BOX", "MED PKG", "MED PACK"], 10, 10),
             ("Brand#34", ["LG CASE", "LG BOX", "LG PACK", "LG PKG"], 15, 20)]
    parts = [(col("p_brand") == brand) & col("p_container").is_in(containers) & col("p_size").is_between(1, size)
             for brand, containers, size, _ in cases]
    whole = [part & col("l_quantity").is_between(least, least + 10) for part, (*_, least) in zip(parts, cases)]
    lines = t["lineitem"].filter(col("l_shipmode").is_in(["AIR", "AIR REG"])
                                 & (col("l_shipinstruct") == "DELIVER IN PERSON"))
    return (t["part"].filter(pl.any_horizontal(parts))
            .join(lines, left_on="p_partkey", right_on="l_partkey")
            .filter(pl.any_horizontal(whole)).select(revenue=REVENUE.sum()))


def q20(t: Tables) -> pl.LazyFrame:
    forest = t["part"].filter(col("p_name").str.starts_with("forest"))
    offers = t["partsupp"].join(forest, left_on="ps_partkey", right_on="p_partkey", how="semi")
    sold = (t["lineitem"].filter(within("l_shipdate", date(1994, 1, 1), date(1995, 1, 1)))
            .join(forest, left_on="l_partkey", right_on="p_partkey", how="semi")
            .group_by("l_partkey", "l_suppkey").agg(half=0.5 * col("l_quantity").sum()))
    surplus = (offers.join(sold, left_on=["ps_partkey", "ps_suppkey"], right_on=["l_partkey", "l_suppkey"])
               .filter(col("ps_availqty") > col("half")))
    canadians = t["supplier"].join(t["nation"].filter(col("n_name") == "CANADA"),
                                   left_on="s_nationkey", right_on="n_nationkey")
    return (canadians.join(surplus, left_on="s_suppkey", right_on="ps_suppkey", how="semi")
            .select("s_name", "s_address").sort("s_name"))


def q21(t: Tables) -> pl.LazyFrame:
    supplier = col("l_suppkey")
    is_late = col("l_receiptdate") > col("l_commitdate")
    late_supplier = pl.when(is_late).then(supplier)
    # Of several suppliers in the order, exactly one was late.
    orders = (t["lineitem"].group_by("l_orderkey")
              .agg(low=supplier.min(), high=supplier.max(),
                   late_low=late_supplier.min(), late_high=late_supplier.max())
              .filter((col("low") != col("high")) & (col("late_low") == col("late_high"))))
    failed = t["orders"].filter(col("o_orderstatus") == "F")
    saudis = t["supplier"].join(t["nation"].filter(col("n_name") == "SAUDI ARABIA"),
                                left_on="s_nationkey", right_on="n_nationkey")
    return (saudis.join(t["lineitem"].filter(is_late), left_on="s_suppkey", right_on="l_suppkey")
            .join(failed, left_on="l_orderkey", right_on="o_orderkey", how="semi")
            .join(orders, on="l_orderkey", how="semi")
            .group_by("s_name").agg(numwait=pl.len())
            .sort("numwait", "s_name", descending=[True, False]).head(100))


def q22(t: Tables) -> pl.LazyFrame:
    balance = col("c_acctbal")
    chosen = (t["customer"].with_columns(cntrycode=col("c_phone").str.slice(0, 2))
              .filter(col("cntrycode").is_in(["13", "31", "23", "29", "30", "18", "17"])))
    return (chosen.filter(balance > balance.filter(balance > 0.0).mean())
            .join(t["orders"], left_on="c_custkey", right_on="o_custkey", how="anti")
            .group_by("cntrycode").agg(numcust=pl.len(), totacctbal=balance.sum()).sort("cntrycode"))


QUERIES = {f"q{number:02}": query for number, query in enumerate(
    (q01, q02, q03, q04, q05, q06, q07, q08, q09, q10, q11, q12, q13, q14, q15, q16, q17, q18, q19, q20, q21, q22), 1)}
