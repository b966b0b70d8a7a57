"""``python -m watch top`` as its user sees it, in a terminal and in a pipe."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from msgspec import structs
from redis import Redis

from deploy.redis_server import RedisServer, free_port
from leaderboard import keys
from leaderboard.boards import BOARDS, BY_NAME, Order
from leaderboard.screens.definition import Definition, encode
from leaderboard.system import System
from tests.support import market
from tests.support.watch.publications import bar, publish

GAINERS = BY_NAME["gainers"]
DEADLINE = 30.0


def screen(name: str) -> Definition:
    return Definition(
        name=name,
        title=f"The {name}",
        caption="by % change 5m, lowest first",
        field="pct_change_5m",
        order=Order.ASCENDING,
        size=100,
        hours=(),
        conditions=("volume_5m >= 1",),
        change_since="close",
    )


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "watch", "top", *arguments]


def environment(url: str) -> dict[str, str]:
    return os.environ | {"REDIS_URL": url, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}


def piped(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), env=environment(url), capture_output=True, text=True, timeout=DEADLINE, check=False
    )


class Terminal:
    """A program in a terminal of 80 by 24."""

    def __init__(self, process: subprocess.Popen[bytes], controller: int) -> None:
        self.process = process
        self.output = b""
        self._controller = controller

    def read_until(self, text: str) -> None:
        """Read what the program writes from now on, until `text` comes."""
        start, deadline = len(self.output), time.monotonic() + DEADLINE
        while text.encode() not in self.output[start:]:
            assert time.monotonic() < deadline, f"no {text!r} in {self.output[start:]!r}"
            self._read(0.1)

    def signal(self, number: int) -> int:
        """Send a signal and read on until the program has ended. Returns its exit code."""
        self.process.send_signal(number)
        deadline = time.monotonic() + DEADLINE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "it did not end"
            self._read(0.1)
        while self._read(0):
            pass
        return self.process.returncode

    def _read(self, seconds: float) -> bool:
        if not select.select([self._controller], [], [], seconds)[0]:
            return False
        try:
            chunk = os.read(self._controller, 65536)
        except OSError:
            # How Linux says that the other end is closed.
            return False
        self.output += chunk
        return bool(chunk)


@contextmanager
def terminal(url: str, *arguments: str) -> Iterator[Terminal]:
    controller, screen = pty.openpty()
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen(
        command(*arguments), env=environment(url), stdin=screen, stdout=screen, stderr=screen
    ) as process:
        os.close(screen)
        try:
            yield Terminal(process, controller)
        finally:
            process.kill()
            os.close(controller)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_terminal_is_live_and_left_clean(
    redis: Redis, redis_url: str, system: System, number: signal.Signals
) -> None:
    # Given a published board
    system.process([bar("AAPL", close=11.0)])
    system.publish()

    # When it is watched
    with terminal(redis_url) as watched:
        watched.read_until("AAPL")
        assert b"regular session of Tue 8 Oct 2013, 1 symbol, " in watched.output

        # Then an emptied board is shown as it comes, and a silence is shown
        publish(redis, GAINERS, b"[]")
        watched.read_until("No symbols yet")
        watched.read_until("no change for")

        # And the signal ends it, with the cursor and the screen given back
        assert watched.signal(number) == 0
        left = watched.output.rindex(b"\x1b[?1049l")
        assert watched.output.rindex(b"\x1b[?25h") > watched.output.rindex(b"\x1b[?25l")
        assert b"symbols" not in watched.output[left:]
        assert b"Traceback" not in watched.output


def test_a_watcher_waits_for_redis_and_comes_back(tmp_path: Path) -> None:
    # Given a Redis that is not there yet
    server = RedisServer(tmp_path, None, "--appendonly", "no")
    unreachable = f"Redis at 127.0.0.1:{server.port} is unreachable, trying again"
    with terminal(server.url()) as watched:
        watched.read_until(unreachable)
        try:
            # When it comes, the watcher finds it
            server.start()
            watched.read_until("No symbols yet")

            # When it is lost, the watcher says so
            server.kill()
            watched.read_until(unreachable)

            # When it is back, its boards are shown
            server.start()
            with Redis.from_url(server.url()) as redis:
                publish(redis, GAINERS, b"[]")
            watched.read_until("No symbols yet")
            assert watched.signal(signal.SIGINT) == 0
        finally:
            server.stop()


def test_a_pipe_gets_the_board_once_as_plain_text(redis_url: str, system: System) -> None:
    # Given a published board
    system.process([bar("AAPL", close=11.0), bar("MSFT", close=9.0)])
    system.publish()

    # When it is piped
    result = piped(redis_url)

    # Then it is printed whole, without control codes
    assert result.returncode == 0
    header, titles, first, second = result.stdout.splitlines()
    assert "2 symbols" in header
    assert "Since open" in titles
    assert first.split()[:5] == ["1", "AAPL", "11.00", "+1.00", "+10.00%"]
    assert second.split()[:5] == ["2", "MSFT", "9.00", "-1.00", "-10.00%"]
    assert "\x1b" not in result.stdout


def test_the_board_of_an_early_close_is_one_of_the_after_hours(redis_url: str, system: System) -> None:
    # Given a bar of the day after Thanksgiving, half an hour after the close
    system.process([market.bar("AAPL", "13:30:00", date(2026, 11, 27))])
    system.publish()

    # Then the header names the after hours, and in a terminal as well
    assert ", after hours of Fri 27 Nov 2026, 1 symbol, " in piped(redis_url).stdout
    with terminal(redis_url) as watched:
        watched.read_until("after hours of Fri 27 Nov 2026, 1 symbol, ")


def test_a_pipe_gets_no_more_rows_than_asked_for(redis_url: str, system: System) -> None:
    system.process([bar("AAPL", close=11.0), bar("MSFT", close=9.0)])
    system.publish()

    assert len(piped(redis_url, "volume", "--rows", "1").stdout.splitlines()) == 2 + 1


def test_a_pipe_of_an_unreachable_redis_fails_with_a_sentence() -> None:
    # Given an address at which there is no Redis
    port = free_port()

    # When the board is piped
    result = piped(f"redis://:password@127.0.0.1:{port}/0")

    # Then it fails with a sentence that names the address
    assert result.returncode == 1
    assert result.stderr.startswith(f"Redis at 127.0.0.1:{port} is unreachable")
    assert "password" not in result.stderr
    assert result.stdout == ""


def test_what_is_no_board_fails_with_a_sentence(redis: Redis, redis_url: str) -> None:
    redis.set(GAINERS.scanner, b"{}")

    result = piped(redis_url)

    assert result.returncode == 1
    assert result.stderr.startswith("Redis at")


@pytest.mark.parametrize("declared", [[], ["losers", "runners"]])
def test_a_wrong_name_is_answered_with_the_right_ones(redis: Redis, redis_url: str, declared: list[str]) -> None:
    # Given screens
    redis.set(keys.SCREENS, encode([screen(name) for name in declared]))

    # When a name is neither a board's nor a screen's
    result = piped(redis_url, "loosers")

    # Then both kinds are named
    assert result.returncode == 2
    assert "'loosers'" in result.stderr
    assert all(name in result.stderr for name in [*(board.name for board in BOARDS), *declared])


def test_a_pipe_gets_a_screen_with_the_columns_that_matter_to_it(redis: Redis, redis_url: str) -> None:
    # Given a published screen
    redis.set(keys.SCREENS, encode([screen("losers")]))
    runners = b'[{"rank":1,"symbol":"AAPL","close":9.5,"pct_change_5m":-2.5,"volume_5m":null}]'
    redis.set("scanners:losers", runners)

    # When it is piped
    result = piped(redis_url, "losers")

    # Then it is printed with its title, and what is null is left open
    assert result.returncode == 0
    header, titles, row = result.stdout.splitlines()
    assert header.startswith("The losers, ")
    assert "5 min %" in titles
    assert row.split()[:5] == ["1", "AAPL", "-2.50%", "-", "9.50"]


def test_the_removal_of_a_watched_screen_is_reported(redis: Redis, redis_url: str) -> None:
    # Given a screen that is watched
    redis.set(keys.SCREENS, encode([screen("losers")]))
    with terminal(redis_url, "losers") as watched:
        watched.read_until("No symbols yet")

        # When it is declared no longer, then the watcher says so
        redis.set(keys.SCREENS, encode([screen("runners")]))
        watched.read_until("losers is not published any more")

        # When it is declared again, under another title, then it goes on
        redis.set(keys.SCREENS, encode([structs.replace(screen("losers"), title="The fallen")]))
        watched.read_until("The fallen")
        assert watched.signal(signal.SIGINT) == 0
