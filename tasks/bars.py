"""The task of a bar."""

from typing import Any

from tasks.app import app, system
from tasks.event_task import EventTask
from tasks.fastlane.consuming.failures import PartlyDoneError


@app.task(name="tasks.process_agg", base=EventTask)
def process_agg(event: dict[str, Any]) -> str | None:
    """Apply one bar to the boards.

    Args:
        event: the bar, with the field names of :class:`leaderboard.event.Event` or the short ones.

    Returns:
        Why it became a dead letter; None: it did not.
    """
    batch = system().process([event], tasks=[process_agg.request.id or ""])
    process_agg.finish(batch)
    if batch.failure:
        raise PartlyDoneError(batch.waiting, batch.failure) from batch.failure
    return batch.refused[0].reason if batch.refused else None
