"""One call of a task."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class Call(NamedTuple):
    """One call of a task. ``task.apply_async(args, kwargs, task_id=id)`` sends it under its id."""

    id: str
    args: Sequence[Any]
    kwargs: dict[str, Any]
