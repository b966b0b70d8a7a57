"""The DuckDB of short queries says nothing by itself."""

import subprocess
import sys

import pytest

SETTING = """
from history.queries.connection import connection
print(connection().execute("SELECT current_setting('enable_progress_bar')").fetchall())
"""


@pytest.mark.slow
def test_it_shows_no_progress_in_a_process_without_a_main_file() -> None:
    # Given a process as those that verify a day, which DuckDB takes for an interactive session
    ended = subprocess.run([sys.executable, "-c", SETTING], capture_output=True, text=True, check=True)

    # Then it prints no progress among the results
    assert ended.stdout == "[(False,)]\n"
