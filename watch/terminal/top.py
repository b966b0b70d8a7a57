"""Shows a board: live in a terminal, or once as plain text."""

import signal
import time
from contextlib import suppress
from dataclasses import replace
from types import FrameType
from typing import NoReturn

from redis import Redis
from redis.exceptions import AuthenticationError, ConnectionError, TimeoutError
from rich.console import Console
from rich.live import Live

from leaderboard.boards import Board
from watch.terminal.header import header
from watch.terminal.row import newest, rows
from watch.terminal.screen import Screen
from watch.terminal.snapshots import Published, server_of
from watch.terminal.table import board_table

# Seconds between two updates of the ages, and between two attempts to reach Redis.
_REFRESH = 0.5
_RETRY = 1.0

# Characters of a line of plain text: enough for all columns with the longest symbol.
_PLAIN_WIDTH = 96


def once(redis: Redis, board: Board, most: int | None) -> None:
    """Print the board as it was last published.

    Args:
        most: rows to print; None: all.

    Raises:
        redis.exceptions.RedisError: Redis cannot be reached or refuses.
        msgspec.DecodeError: what was published is no board.
    """
    published = Published(redis)
    ranked = rows(published.snapshot(board))
    console = Console(width=_PLAIN_WIDTH, color_system=None)
    console.print(header(board, len(ranked), published.status(newest(ranked)), connected=True))
    console.print(board_table(board, ranked[:most], _PLAIN_WIDTH))


def live(redis: Redis, board: Board, most: int | None) -> None:
    """Show the board until SIGINT or SIGTERM. While Redis cannot be reached, say so and retry.

    Args:
        most: rows to show; None: as many as fit the terminal.

    Raises:
        redis.exceptions.RedisError: Redis refuses.
        msgspec.DecodeError: what was published is no board.
    """
    screen = Screen(board, most, notice=f"Connecting to Redis at {server_of(redis)}")
    with suppress(KeyboardInterrupt):
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, _stop)
        # Rich redraws by itself, so ages rise while the loop waits for Redis.
        with Live(screen, screen=True, refresh_per_second=1 / _REFRESH) as display:
            _follow(redis, screen, display)


def _follow(redis: Redis, screen: Screen, display: Live) -> NoReturn:
    published = Published(redis)
    while True:
        try:
            for update in published.follow(screen.board, every=_REFRESH):
                if update:
                    screen = replace(screen, rows=rows(update[1]))
                screen = replace(screen, status=published.status(newest(screen.rows)), notice="")
                display.update(screen, refresh=bool(update))
        except AuthenticationError:
            raise
        except (ConnectionError, TimeoutError):
            screen = replace(screen, notice=f"Redis at {server_of(redis)} is unreachable, trying again")
            display.update(screen, refresh=True)
        time.sleep(_RETRY)


def _stop(signum: int, frame: FrameType | None) -> NoReturn:
    # A second signal must not interrupt the restoring of the terminal.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
