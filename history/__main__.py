"""``python -m history``: commands that record, and ask the past."""

import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

import typer
from redis.exceptions import RedisError

from config.control_characters import escape_controls
from config.extras import extra
from config.redact import redacted
from config.settings import settings
from leaderboard.flat_file_lines import FlatFileError

with extra("history"):
    import duckdb

from history import commands
from history.errors import HistoryError, reason

app = typer.Typer(
    help="Record, and ask the past.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
for _module in iter_modules(commands.__path__):
    app.command()(getattr(import_module(f"{commands.__name__}.{_module.name}"), _module.name))


def main(arguments: Sequence[str] | None = None, name: str | None = None) -> None:
    """Run a command.

    Args:
        arguments: of the command line; None: the process's own.
        name: of the program, for its help.
    """
    # Temporary files are removed then, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app(arguments, prog_name=name)
    except (HistoryError, FlatFileError) as error:
        sys.exit(escape_controls(str(error)))
    except OSError as error:
        sys.exit(f"A file cannot be read or written: {escape_controls(str(error))}")
    except duckdb.Error as error:
        sys.exit(f"DuckDB failed: {escape_controls(reason(error))}")
    except RedisError as error:
        sys.exit(f"The boards' Redis, {redacted(settings().redis_url)}, failed: {escape_controls(str(error))}")


if __name__ == "__main__":
    main()
