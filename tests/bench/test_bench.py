"""The benchmark, in its shortest form, and that it would tell of a bar that is lost."""

import json
from pathlib import Path

import pytest
from redis import Redis

from bench.bars import bars
from bench.errors import LostBarsError
from bench.lane import FAST, Lane
from bench.page.viewer import EXECUTABLE
from bench.reconciliation import Reconciliation
from deploy.redis_server import RedisServer
from tests.support.processes import Processes


def test_everything_is_measured_and_nothing_lost(tmp_path: Path) -> None:
    # When the benchmark runs, on a Redis of its own
    files = {"--json": tmp_path / "made" / "bench.json", "--png": tmp_path / "made" / "bench.png"}
    options = [text for option, file in files.items() for text in (option, str(file))]
    run = Processes(tmp_path).run("bench", "--quick", *options)

    # Then it ends well and says that nothing was lost
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("nothing lost") == 6

    # And each lane, way and load has its figures
    report = json.loads(files["--json"].read_text())
    rounds = {figures["title"]: figures["rounds"] for figures in report["figures"]}
    lanes = {"stock, one solo worker", "stock, prefork of two", "fast, one worker", "fast, two workers"}
    lanes |= {"fast, one worker, no append-only file"}
    for title in (
        "End to end: working off a backlog",
        "End to end: sustained, a producer sending meanwhile",
        "Sustained: CPU of the producer per bar",
        "Sustained: CPU of the workers per bar",
        "Sustained: CPU of Redis per bar",
    ):
        assert set(rounds[title]) == lanes
        assert all(figure > 0 for figures in rounds[title].values() for figure in figures), title
    assert set(rounds["Sending, one process"]) == {"stock delay", "delay", "buffered", "delay_many"}
    assert len(rounds["Latency from delay_many to the quote: p99"]) == 3
    assert any("apply script" in title for title in rounds)
    assert any("snapshot" in title for title in rounds)

    # And what was sent was taken by workers
    for reconciliation in report["bars"].values():
        assert (
            reconciliation["sent"]
            == sum(reconciliation["taken"].values())
            == reconciliation["published"] + reconciliation["overtaken"]
            > 0
        )

    # And there is a picture
    assert files["--png"].read_bytes().startswith(b"\x89PNG")


def test_a_lost_bar_is_told(redis: Redis, redis_server: RedisServer, tmp_path: Path) -> None:
    # Given a worker that has nothing to do
    with Lane(FAST, redis_server, 1, tmp_path) as lane:
        lane.await_workers()
        reconciliation = Reconciliation(lane, redis)
        reconciliation.open()

        # When a bar counts as sent that never was
        # Then it is missed
        with pytest.raises(LostBarsError, match="1 bars were sent and 0 taken"):
            reconciliation.close(first=0, sent=1)


def test_bars_of_later_numbers_are_newer() -> None:
    # Given the bars of two measurements, and a symbol of both
    earlier, later = bars(0), bars(2_000)
    first = [next(earlier) for _ in range(2_000)]
    second = [next(later) for _ in range(2_000)]
    newest = {bar["sym"]: (bar["e"], bar["av"]) for bar in first}

    # Then each of the second is newer, and its volume has not fallen
    known = [bar for bar in second if bar["sym"] in newest]
    assert known
    assert all((bar["e"], bar["av"]) > newest[bar["sym"]] for bar in known)
    assert all(bar["av"] > newest[bar["sym"]][1] for bar in known)


def test_the_gateway_is_measured(tmp_path: Path) -> None:
    # When a few clients are measured
    run = Processes(tmp_path).run("bench.gateway", "--clients", "3", "--snapshots", "1", "--interval", "0.2")

    # Then each case has its line
    assert run.returncode == 0, run.stderr
    for case in ("one board", "one board, compressed", "all boards", "all boards, compressed"):
        assert f" {case} " in run.stdout


def test_followers_are_measured(tmp_path: Path) -> None:
    # When a few clients follow the boards for two seconds, and come back
    run = Processes(tmp_path).run("bench.followers", "--clients", "4", "--ticks", "2")

    # Then their table is there, whether a busy machine keeps the limits or not
    assert run.returncode in (0, 1), run.stdout + run.stderr
    assert "as the page does" in run.stdout


def test_a_tick_of_screens_is_measured(tmp_path: Path) -> None:
    # When two ticks of a small market are published
    options = ("--symbols", "300", "--rate", "100", "--screens", "3", "--ticks", "2")
    run = Processes(tmp_path).run("bench.tick", *options)

    # Then each part has its figures
    assert run.returncode == 0, run.stderr
    for part in ("read the change feed", "select rows", "publish, and the rest", "3 screens", "by the ticks"):
        assert f" {part}" in run.stdout


def test_boards_over_several_servers_are_measured(tmp_path: Path) -> None:
    # When one round is measured
    run = Processes(tmp_path).run("bench.shards", "--rounds", "1", "--count", "3000")

    # Then each number of servers has its figures
    assert run.returncode == 0, run.stderr
    for servers in (1, 2, 3):
        assert f" {servers} servers, batches of 500 " in run.stdout


def test_screens_over_the_market_are_measured(tmp_path: Path) -> None:
    # When screens are asked for while a small market trades
    options = ("--requests", "60", "--symbols", "500", "--rate", "500", "--pace", "30", "--compared", "5")
    run = Processes(tmp_path).run("bench.screen_requests", *options)

    # Then they are those of the brute force
    assert run.returncode == 0, run.stdout + run.stderr
    assert "5 of 5 answers are those of the brute force" in run.stdout
    assert " Redis for a snapshot of the boards, with requests " in run.stdout


def test_deltas_make_the_published_boards(tmp_path: Path) -> None:
    # When two markets open, for some seconds
    run = Processes(tmp_path).run("bench.deltas", "--seconds", "5")

    # Then each board has its figures, of all and of some fields, and no second was wrong
    assert run.returncode == 0, run.stderr
    for board in ("volume", "gappers", "gainers"):
        assert run.stdout.count(board) == 4
    assert "not the published board: 0." in run.stdout


@pytest.mark.skipif(EXECUTABLE is None, reason="Chromium is not installed")
def test_the_page_is_measured(tmp_path: Path) -> None:
    # When the page is looked at for a few seconds
    options = ["--minutes", "0.1", "--symbols", "300", "--rate", "100", "--png", str(tmp_path / "page.png")]
    run = Processes(tmp_path).run("bench.page", *options)

    # Then each figure is there, and a picture of what was measured
    assert "Traceback" not in run.stderr, run.stderr
    for line in (" of a processor ", "heap after a collection", "longest task", "p99 of frames", "whole boards"):
        assert line in run.stdout
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_volume_profiles_are_measured(tmp_path: Path) -> None:
    # When profiles are made of two days of a small market
    run = Processes(tmp_path).run("bench.profiles", "--days", "2", "--symbols", "50")

    # Then all of them are stored, and it tells what that took
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 files of 50 symbols" in run.stdout
    assert "Stored the profiles of 50 symbols, 50 of which changed." in run.stdout
    assert " s of CPU, at most " in run.stdout


def test_what_many_subscriptions_cost_others_is_measured(tmp_path: Path) -> None:
    # When one client comes with more patterns than it may have
    run = Processes(tmp_path).run("bench.returning", "--only", "1 client", "--flow", "0.05")

    # Then all are answered, those beyond the bound by an error
    assert run.returncode == 0, run.stderr
    cells = [cell.strip() for cell in run.stdout.split("1 client of 1,000 patterns")[1].split("│")]
    assert cells[2:4] == ["950", "0"]


def test_conflation_does_not_show_in_the_boards(tmp_path: Path) -> None:
    # When a backlog of some fifteen seconds is worked off in both ways
    run = Processes(tmp_path).run("bench.backlog", "--bars", "45000", "--symbols", "500")

    # Then the boards are the same
    assert run.returncode == 0, run.stdout + run.stderr
    assert "the boards are the same" in run.stdout
