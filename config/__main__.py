"""``python -m config``: what a deployment can decide."""

import typer

from config import settings_table

program = typer.Typer(help="What a deployment can decide.", no_args_is_help=True, pretty_exceptions_enable=False)


@program.callback()
def _program() -> None:
    """Make `settings` a subcommand though it is the only one."""


@program.command()
def settings() -> None:
    """Print all settings as the Markdown of docs/reference/settings.md."""
    typer.echo(settings_table.markdown(), nl=False)


if __name__ == "__main__":
    program()
