"""Each property on more examples than the quick tests try, and a real day against a query over its file."""

import os
import re

import pytest

from tests.support.moved_clock import library
from tests.support.processes import Processes


@pytest.mark.timeout(1300)
def test_hundreds_of_examples(processes: Processes) -> None:
    # When more examples of each property are tried, which takes minutes on a busy machine
    ended = processes.run("tests.properties", "--examples", "150", seconds=1200)

    # Then all hold, and the number of examples is printed
    assert ended.returncode == 0, ended.stdout + ended.stderr
    counted = re.search(r"([\d,]+) examples", ended.stdout)
    assert counted
    assert int(counted[1].replace(",", "")) > 2_000


@pytest.mark.skipif("MARKET_DATA" not in os.environ, reason="MARKET_DATA names no folder of market data")
def test_a_replayed_day_is_what_its_file_says(processes: Processes) -> None:
    # When two real days are replayed, then each new field of the rows is what a query over the file says
    ended = processes.run("tests.replay_proof", os.environ["MARKET_DATA"])

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "DIFFERS" not in ended.stdout
    assert ended.stdout.count("=") >= 80


@pytest.mark.skipif("MARKET_DATA" not in os.environ, reason="MARKET_DATA names no folder of market data")
def test_candles_of_a_recorded_day_are_those_of_its_file(processes: Processes) -> None:
    # When a real day is recorded, then each candle of its symbols is what a query over the file says
    ended = processes.run("tests.candles_proof", os.environ["MARKET_DATA"])

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "DIFFERS" not in ended.stdout
    assert ended.stdout.count("=") >= 12


def test_boards_of_past_seconds_are_those_that_clients_had(processes: Processes) -> None:
    # When a market is recorded whose boards clients store, then history has the same at random seconds
    ended = processes.run(
        "tests.boards_proof", "--symbols", "300", "--rate", "100", "--seconds", "20", "--count", "8"
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Boards of random seconds" in ended.stdout


@pytest.mark.skipif(library() is None, reason="needs libfaketime, Debian's package faketime")
def test_a_day_is_verified_and_a_changed_bar_is_found(processes: Processes) -> None:
    # When the minutes around the open are recorded and verified, then again with one bar changed
    ended = processes.run("tests.day_proof", "--symbols", "100", "--from", "09:29", "--to", "09:31")

    # Then nothing differs as recorded, and the second of the changed bar is named
    assert ended.returncode == 0, ended.stdout + ended.stderr
    recorded, _, changed = ended.stdout.partition("With a changed bar")
    assert recorded.count("differing 0;") == 2
    assert "The first that differs" in changed
