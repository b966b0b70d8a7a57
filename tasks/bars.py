"""The task of a bar."""

from typing import Any

from tasks.app import app, system
from tasks.event_task import EventTask


@app.task(name="tasks.process_agg", base=EventTask)
def process_agg(event: dict[str, Any]) -> None:
    """Apply one bar to the boards.

    Args:
        event: the bar, with the field names of :class:`leaderboard.event.Event` or the short ones.
    """
    process_agg.finish(system().process([event]))
