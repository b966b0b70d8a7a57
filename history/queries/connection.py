"""The process's DuckDB for short queries."""

import os
from functools import cache

import duckdb

from history.database import connect

# Most of a question's time goes into decoding columns: with two threads a board waits a fifth less, a symbol's
# candles two fifths less, at the same CPU time. A third would take what the market's own processes need.
_THREADS = min(2, os.cpu_count() or 1)
# Nothing is written to the disk.
_MEMORY = "800MB"


@cache
def connection() -> duckdb.DuckDBPyConnection:
    """For one thread. It remembers what is where in files that it has read before."""
    opened = connect(_MEMORY, threads=_THREADS)
    opened.execute("SET parquet_metadata_cache = true")
    # DuckDB takes a process without a main file for an interactive session, and prints a bar among the results.
    opened.execute("SET enable_progress_bar = false")
    return opened
