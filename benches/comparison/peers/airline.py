"""The airline table as it is declared to the peers."""

TEXT_COLUMNS = {"UniqueCarrier", "TailNum", "Origin", "Dest", "CancellationCode"}
COLUMNS = """Year Month DayofMonth DayOfWeek DepTime CRSDepTime ArrTime CRSArrTime UniqueCarrier FlightNum
    TailNum ActualElapsedTime CRSElapsedTime AirTime ArrDelay DepDelay Origin Dest Distance TaxiIn TaxiOut
    Cancelled CancellationCode Diverted CarrierDelay WeatherDelay NASDelay SecurityDelay LateAircraftDelay""".split()
NULL_TEXT = "NA"

# The columns a question needs, for peers that must be told.
KEYS = ["Origin", "Dest", "UniqueCarrier"]
USED_COLUMNS = {
    "Q1": ["DepDelay"],
    "Q2": [*KEYS, "DepDelay"],
    "Q3": ["DepDelay"],
    "Q8": [*KEYS, "DepDelay", "ArrDelay"],
}


def column_types(integer, text) -> dict:
    """Every column with one of the two types given."""
    return {column: text if column in TEXT_COLUMNS else integer for column in COLUMNS}
