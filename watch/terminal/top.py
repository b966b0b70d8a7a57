"""Shows boards and screens: live in a terminal, or one of them once as plain text."""

from collections.abc import Sequence
from pathlib import Path

from redis import Redis
from rich.console import Console

from leaderboard.screens.definition import Definition
from leaderboard.shards import Shards
from watch.terminal.app import Top
from watch.terminal.header import header
from watch.terminal.row import newest
from watch.terminal.snapshots import Published, published_rows
from watch.terminal.table import board_table

# Characters of a line of plain text: enough for all columns with the longest symbol.
_PLAIN_WIDTH = 96


def once(shards: Shards[Redis], board: Definition, most: int | None) -> None:
    """Print the board as it was last published.

    Args:
        most: rows to print; None: all.

    Raises:
        redis.exceptions.RedisError: Redis cannot be reached or refuses.
        leaderboard.connections.redis_values.InvalidValueError: a key holds something else than it should.
    """
    published = Published(shards)
    ranked = published_rows(board, published.snapshot(board))
    console = Console(width=_PLAIN_WIDTH, color_system=None)
    console.print(header(board, len(ranked), published.status(newest(ranked)), connected=True))
    console.print(board_table(board, ranked[:most], _PLAIN_WIDTH))


def live(shards: Shards[Redis], boards: Sequence[Definition], most: int | None, history: Path | None) -> None:
    """Show boards until the user ends it, or SIGINT or SIGTERM. While Redis cannot be reached, say so and retry.

    Args:
        boards: to show beside each other.
        most: rows to show of each; None: as many as fit the terminal.
        history: the folder of recorded history; None: there is none.

    Raises:
        redis.exceptions.RedisError: Redis refuses.
        leaderboard.connections.redis_values.InvalidValueError: a key holds something else than it should.
    """
    top = Top(shards, boards, most, history)
    if (error := top.run()) is not None:
        raise error
