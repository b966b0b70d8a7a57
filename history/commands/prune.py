"""``python -m history prune``: removes old days."""

from typing import Annotated

import typer

from history.archive.pruning import prune as remove
from history.recorded_days import history_folder


def prune(keep: Annotated[int, typer.Option(min=1, help="Days that are kept, the newest ones.")]) -> None:
    """Remove all recorded days but the newest ones."""
    removed = remove(history_folder(), keep)
    typer.echo(f"Removed: {', '.join(map(str, removed))}." if removed else "There was nothing to remove.")
