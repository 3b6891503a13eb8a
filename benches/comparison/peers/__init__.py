"""The programs that run inside the peers' virtual environment, one peer a file.

Each file has a function `answer(ask, out)`: it answers `ask.question` over the files and writes
CSV with a header line to `out`, keys first, then values, nulls empty. Each peer writes it with
its own writer, so that the time to hand over the rows is in everybody's figure.
"""
