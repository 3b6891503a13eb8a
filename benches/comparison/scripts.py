"""Several questions at once: statements that Swath, DuckDB and Polars share, over one set of files."""

DELAYS = ("DepDelay", "ArrDelay", "TaxiIn", "TaxiOut", "Distance")
CARRIERS = ("UA", "AA", "DL", "WN", "US")

SEED = (
    "SELECT max(DepDelay) AS v FROM {source}",
    "SELECT min(DepDelay) AS v FROM {source}",
    "SELECT count(*) AS v FROM {source}",
    "SELECT Dest, avg(DepDelay) AS v FROM {source} WHERE UniqueCarrier = 'UA' AND Origin = 'SFO' GROUP BY Dest",
)

TEN_AGGREGATES = (
    *SEED,
    "SELECT avg(ArrDelay) AS v FROM {source}",
    "SELECT sum(Distance) AS v FROM {source}",
    "SELECT count(DepDelay) AS v FROM {source} WHERE DepDelay > 60",
    "SELECT max(ArrDelay) AS v FROM {source} WHERE Origin = 'JFK'",
    "SELECT UniqueCarrier, avg(DepDelay) AS v FROM {source} GROUP BY UniqueCarrier",
    "SELECT Month, count(*) AS v FROM {source} WHERE Cancelled = 1 GROUP BY Month",
)

FIFTY = (
    *(f"SELECT {function}({delay}) AS v FROM {{source}}"
      for delay in DELAYS for function in ("max", "min", "avg", "sum", "count")),
    *(f"SELECT avg({delay}) AS v FROM {{source}} WHERE UniqueCarrier = '{carrier}'"
      for carrier in CARRIERS for delay in DELAYS[:3]),
    *(f"SELECT Month, {function}({delay}) AS v FROM {{source}} GROUP BY Month"
      for delay in DELAYS[:5] for function in ("max", "avg")),
)

SCRIPTS = {"seed": SEED, "ten": TEN_AGGREGATES, "fifty": FIFTY}
