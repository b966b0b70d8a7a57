"""The command ``leaderboards``: all subcommands of the rooms' own programs.

A command's module is imported only when it runs, so that ``leaderboards --help`` is fast.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand

program = typer.Typer(
    help="Real-time leaderboards of the US equity market.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Target(NamedTuple):
    """The program that a command runs.

    Attributes:
        module: its ``main`` takes the arguments and the program's name.
        subcommand: the module's subcommand; empty: the command has all of the module's subcommands.
        summary: for ``leaderboards --help``.
    """

    module: str
    subcommand: str
    summary: str


COMMANDS = {
    "serve": Target("watch.__main__", "serve", "Serve the page, and the boards over WebSocket and HTTP."),
    "top": Target("watch.__main__", "top", "Show a board in the terminal."),
    "notify": Target("watch.__main__", "notify", "Send alerts on to the services that ALERT_URLS names."),
    "feed": Target("feeds.__main__", "", "Send bars: live, replayed from files, or made up."),
    "history": Target("history.__main__", "", "Record, and ask the past: days, candles, volume profiles."),
    "autoscale": Target("tasks.__main__", "autoscale", "Start and stop workers by the depth of the queue."),
    "dead": Target("tasks.__main__", "dead", "List, resend or purge dead letters."),
    "session": Target("tasks.__main__", "session", "Show which session the boards are of, or correct it."),
    "divide": Target("tasks.__main__", "divide", "Move symbols after servers were added or removed."),
    "doctor": Target("tasks.__main__", "doctor", "Say what is wrong with the deployment, and what to do."),
    "warm": Target("tasks.__main__", "warm", "Fetch the whole market's reference data now."),
    "acl": Target("deploy.acl", "", "Make the file of Redis users, and check it at a real server."),
}


class ForwardingCommand(TyperCommand):
    """A command that passes its arguments to its target unparsed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.args = args
        return args


def _forward_to(target: Target, name: str) -> Callable[[typer.Context], None]:
    def run(ctx: typer.Context) -> None:
        main = import_module(target.module).main
        if target.subcommand:
            main([target.subcommand, *ctx.args], "leaderboards")
        else:
            main(ctx.args, f"leaderboards {name}")

    return run


for _name, _target in COMMANDS.items():
    program.command(_name, cls=ForwardingCommand, help=_target.summary)(_forward_to(_target, _name))


def main() -> None:
    program(prog_name="leaderboards")


if __name__ == "__main__":
    main()
