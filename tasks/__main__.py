"""``python -m tasks``: what operators do by hand."""

import sys

import typer
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config.secrecy import shown
from config.settings import settings
from tasks import dead
from tasks.autoscale.command import autoscale

program = typer.Typer(help="Operate the leaderboards.", no_args_is_help=True, pretty_exceptions_enable=False)
program.add_typer(dead.commands, name="dead")
program.command()(autoscale)


def main() -> None:
    try:
        program()
    except RedisError as error:
        sys.exit(f"The boards' Redis, {shown(settings().redis_url)}, failed: {error}")
    except OperationalError as error:
        sys.exit(f"The broker, {shown(settings().celery_broker_url)}, failed: {error}")


if __name__ == "__main__":
    main()
