"""``python -m tasks``: what operators do by hand."""

import typer

from tasks import dead

program = typer.Typer(help="Operate the leaderboards.", no_args_is_help=True)
program.add_typer(dead.commands, name="dead")

if __name__ == "__main__":
    program()
