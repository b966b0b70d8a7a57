"""The command ``celery flower``, also where Flower is missing: there it says how to install it.

Where Flower is installed, this is Flower's own command, which Celery then finds twice. Where it is not, Celery by
itself would say that there is no such command.
"""

import sys

import click

from config.extras import missing

try:
    from flower.command import flower  # type: ignore[import-untyped]
except ModuleNotFoundError as error:
    _REASON = missing(error.name, "flower")

    @click.command("flower", context_settings={"ignore_unknown_options": True})
    @click.argument("options", nargs=-1, type=click.UNPROCESSED)
    def flower(options: tuple[str, ...]) -> None:
        """Watch and operate workers in a browser. (Not installed.)"""
        sys.exit(_REASON)
