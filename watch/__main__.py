"""The command line: ``python -m watch``."""

from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from rich.console import Console

from config.logging import configure
from config.settings import settings
from config.telemetry import WrongVariableError
from leaderboard.boards import BY_NAME
from leaderboard.connections.connection import connect_shards
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.screens import definition
from leaderboard.screens.definition import Definition
from leaderboard.shards import Shards
from watch.terminal import top as terminal
from watch.terminal.snapshots import Published, server_of

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def watch() -> None:
    """Watch the boards that the core publishes."""


@app.command()
def top(
    boards: Annotated[
        list[str] | None,
        typer.Argument(
            metavar=f"[{'|'.join(BY_NAME)}|SCREEN]...",
            help="The boards and screens to watch, gainers if none is given. A wide terminal shows several.",
        ),
    ] = None,
    rows: Annotated[
        int | None, typer.Option(min=1, help="Rows to show; as many as fit the terminal if not given.")
    ] = None,
) -> None:
    """Live tables of boards and screens. If the output is not a terminal, they are printed once."""
    shards = connect_shards(settings(), retries=False)
    redis = shards.first
    console = Console()
    try:
        watched = [_named(name, shards) for name in boards or ["gainers"]]
        if console.is_terminal and not console.is_dumb_terminal:
            terminal.live(shards, watched, rows, settings().history_dir)
        else:
            for board in watched:
                terminal.once(shards, board, rows)
    except (AuthenticationError, ResponseError) as error:
        _fail(f"Redis at {server_of(redis)} refused: {error}")
    except RedisError as error:
        _fail(f"Redis at {server_of(redis)} is unreachable: {error}")
    except InvalidValueError as error:
        _fail(f"Redis at {server_of(redis)}: {error}")


def _named(name: str, shards: Shards[Redis]) -> Definition:
    """The board or screen of this name. Only a screen's needs Redis."""
    if name in definition.BY_NAME:
        return definition.BY_NAME[name]
    screens = {each.name: each for each in Published(shards).screens()}
    if name not in screens:
        declared = f"the screens {', '.join(screens)}" if screens else "a screen, none of which is published now"
        raise typer.BadParameter(f"{name!r} is none of the boards {', '.join(BY_NAME)}, nor of {declared}.")
    return screens[name]


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


@app.command()
def notify() -> None:
    """Send alerts on to the services that ALERT_URLS names, until it is stopped.

    A second notifier waits, and takes over when the first one is gone.
    """
    # Imported here: the terminal and the gateway need no notifier.
    from watch.notify import command
    from watch.notify.target import TargetError

    configure(settings())
    try:
        command.notify(settings())
    except (TargetError, WrongVariableError) as error:
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
