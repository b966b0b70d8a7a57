"""The task of a bar."""

from typing import Any

from tasks.app import app, system
from tasks.event_task import EventTask


@app.task(name="tasks.process_agg", base=EventTask)
def process_agg(event: dict[str, Any]) -> None:
    """Apply one bar to the boards.

    Args:
        event: the bar, in the long spelling of :class:`leaderboard.event.Event` or in the wire's short one.
    """
    process_agg.finish(system().process([event]))
