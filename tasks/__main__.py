"""``python -m tasks``: what operators do by hand."""

import sys
from collections.abc import Sequence

import typer
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config.control_characters import escape_controls
from config.redact import redacted
from config.settings import settings
from leaderboard.reference.source import SourceError
from tasks.app import system
from tasks.autoscale.command import autoscale
from tasks.commands import dead
from tasks.commands.divide import divide
from tasks.commands.session import session
from tasks.doctor.command import doctor

program = typer.Typer(help="Operate the leaderboards.", no_args_is_help=True, pretty_exceptions_enable=False)
program.add_typer(dead.commands, name="dead")
program.command()(autoscale)
program.command()(session)
program.command()(divide)
program.command()(doctor)


@program.command()
def warm() -> None:
    """Ask for the whole market's reference data now, whatever was read or found unknown before.

    Run it where REFERENCE_FILE or MASSIVE_API_KEY is set, as for the clock workers.
    """
    try:
        filled = system().reference.warm(again=True)
    except SourceError as error:
        sys.exit(f"Reference data could not be read: {error}")
    if filled.skipped:
        sys.exit(f"Nothing was read: {filled.skipped}. Set REFERENCE_FILE or MASSIVE_API_KEY.")
    print(f"The reference data of {filled.symbols:,} symbols changed.")


def main(arguments: Sequence[str] | None = None, name: str | None = None) -> None:
    """Run a command.

    Args:
        arguments: of the command line; None: the process's own.
        name: of the program, for its help.
    """
    try:
        program(arguments, prog_name=name)
    except RedisError as error:
        sys.exit(f"The boards' Redis, {redacted(settings().redis_url)}, failed: {escape_controls(str(error))}")
    except OperationalError as error:
        sys.exit(f"The broker, {redacted(settings().celery_broker_url)}, failed: {escape_controls(str(error))}")


if __name__ == "__main__":
    main()
