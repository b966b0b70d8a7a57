"""``python -m tasks divide``: moves each symbol to its server, after servers were added or removed."""

import sys
from typing import Annotated

import typer

from config import validators
from config.settings import settings
from leaderboard.connections.connection import connect_shards, connect_without_retries
from leaderboard.store.division import divide as divide_symbols


def divide(
    former: Annotated[
        str,
        typer.Option(metavar="URLS", help="Servers that are none of BOARD_SHARDS any more, spelled like it."),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Move each symbol to the server that REDIS_URL and BOARD_SHARDS give it.

    Stop workers, clock workers and beat before: bars wait in their queue meanwhile.
    """
    try:
        servers = validators.board_shards(former)
    except ValueError as error:
        sys.exit(f"--former: {error}")
    if not yes:
        typer.confirm("Have all workers and beats been stopped?", abort=True)
    removed = [connect_without_retries(server.url, server.master) for server in servers]
    shards = connect_shards(settings())
    moved = divide_symbols(shards, removed, lambda _: None)
    print(f"{moved:,} symbols were moved; each is now on its server, of {len(shards)}.")
