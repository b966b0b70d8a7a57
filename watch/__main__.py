"""The command line: ``python -m watch``."""

from collections.abc import Sequence
from typing import Annotated, NoReturn

import msgspec
import typer
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from rich.console import Console

from config.logging import configure
from config.settings import settings
from config.telemetry import WrongVariableError
from leaderboard.boards import BY_NAME
from leaderboard.connections.connection import connect_without_retries
from watch.terminal import top as terminal
from watch.terminal.snapshots import server_of

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def watch() -> None:
    """Watch the boards that the core publishes."""


def _board_name(name: str) -> str:
    if name not in BY_NAME:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(BY_NAME)}.")
    return name


@app.command()
def top(
    board: Annotated[
        str, typer.Argument(callback=_board_name, metavar="|".join(BY_NAME), help="The board to watch.")
    ] = "gainers",
    rows: Annotated[
        int | None, typer.Option(min=1, help="Rows to show; as many as fit the terminal if not given.")
    ] = None,
) -> None:
    """A live table of a board. If the output is not a terminal, the board is printed once."""
    redis = connect_without_retries(settings().redis_url, settings().redis_master)
    console = Console()
    show = terminal.live if console.is_terminal and not console.is_dumb_terminal else terminal.once
    try:
        show(redis, BY_NAME[board], rows)
    except (AuthenticationError, ResponseError) as error:
        _fail(f"Redis at {server_of(redis)} refused: {error}")
    except RedisError as error:
        _fail(f"Redis at {server_of(redis)} is unreachable: {error}")
    except msgspec.DecodeError as error:
        _fail(f"What was published as {BY_NAME[board].scanner} is no board: {error}")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 8000,
) -> None:
    """The web gateway: the page, the boards over WebSocket and HTTP."""
    # Imported here: the terminal needs no web server.
    from watch.gateway import server

    configure(settings())
    try:
        server.serve(settings(), host, port)
    except (server.ExposureError, WrongVariableError) as error:
        _fail(str(error))


def _fail(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


def main(arguments: Sequence[str] | None = None, name: str | None = None) -> None:
    """Run a command.

    Args:
        arguments: of the command line; None: the process's own.
        name: of the program, for its help.
    """
    app(arguments, prog_name=name)


if __name__ == "__main__":
    main()
