"""Compares Swath with its peers on the same questions over the same files.

Suggested reading order:

    question.py    what is asked, once for all
    case.py        a question over the files of one codec
    contestants/   who answers: Swath, peers, tools wired by hand, limits
    peers/         the programs that run inside the peers' own virtual environment
    process.py     one command run as a process tree, and what it cost
    rounds.py      who runs when, and the medians
    answer.py      do all answers agree?
    report.py      the Markdown table
    tpch/          the same for the queries of TPC-H
    cli.py         the command line

Around these: `layout.py` (where files are), `dataset.py` (makes the data), `setup.py` (installs
the peers), `machine.py` and `versions.py` (what the figures hold for), `error.py`.
"""
