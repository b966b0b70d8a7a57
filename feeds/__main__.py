"""``python -m feeds``: one command for each feed."""

import sys

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


def main() -> None:
    try:
        with stoppable():
            app()
    except FeedError as error:
        sys.exit(escape_controls(str(error)))
    except Stopped as stopped:
        print(stopped.summary)
        sys.exit(stopped.code)


if __name__ == "__main__":
    main()
