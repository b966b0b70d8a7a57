"""Removes the oldest days."""

import shutil
from datetime import date
from pathlib import Path

from history.archive.day import days


def prune(history: Path, keep: int, *, recorded: date | None = None) -> list[date]:
    """Remove all days but the newest ones that are kept.

    Args:
        history: the folder of all days.
        keep: how many days stay, at least 1: the newest one may be written to.
        recorded: a day that stays in any case: it is written to, and after a replay it need not be the newest.

    Returns:
        The days that were removed.

    Raises:
        OSError: one cannot be removed.
    """
    removed = []
    for day in days(history)[:-keep]:
        if day.date == recorded:
            continue
        # Nobody must find half a day.
        hidden = history / f".pruned-{day.folder.name}"
        shutil.rmtree(hidden, ignore_errors=True)
        day.folder.rename(hidden)
        shutil.rmtree(hidden)
        removed.append(day.date)
    return removed
