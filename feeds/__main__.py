"""``python -m feeds``: one command for each feed."""

import sys
from collections.abc import Sequence

import typer

from config.control_characters import escape_controls
from feeds.errors import FeedError, Stopped, stoppable
from feeds.massive.command import massive
from feeds.replay import replay
from feeds.synthetic.command import synthetic

app = typer.Typer(
    help="Send bars to the leaderboards.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(replay)
app.command()(synthetic)
app.command()(massive)


def main(arguments: Sequence[str] | None = None, name: str | None = None) -> None:
    """Run a command.

    Args:
        arguments: of the command line; None: the process's own.
        name: of the program, for its help.
    """
    try:
        with stoppable():
            app(arguments, prog_name=name)
    except FeedError as error:
        sys.exit(escape_controls(str(error)))
    except Stopped as stopped:
        print(stopped.summary)
        sys.exit(stopped.code)


if __name__ == "__main__":
    main()
