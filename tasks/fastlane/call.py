"""One call of a task."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

_decode = msgspec.json.Decoder(list[Any]).decode


class Call:
    """One call of a task. ``task.apply_async(args, kwargs, task_id=id)`` sends it under its id.

    Args:
        id: the task's.
        args: positional arguments, or the JSON array of them.
        kwargs: keyword arguments.
        traceparent: the header that names the span under which it was sent, as W3C's Trace Context says; it may
            hold anything.
    """

    __slots__ = ("_args", "id", "kwargs", "text", "traceparent")

    def __init__(
        self, id: str, args: Sequence[Any] | bytes, kwargs: dict[str, Any], traceparent: str | None = None
    ) -> None:
        self.id = id
        self.kwargs = kwargs
        self.traceparent = traceparent
        #: The arguments as JSON, for tasks that parse by themselves; None if the call was made from a sequence.
        self.text: bytes | None = None
        self._args: Sequence[Any] | None = None
        if isinstance(args, bytes):
            self.text = args
        else:
            self._args = args

    @property
    def args(self) -> Sequence[Any]:
        """Positional arguments; a JSON array is decoded at the first use."""
        if self._args is None:
            assert self.text is not None
            try:
                self._args = _decode(self.text)
            except msgspec.DecodeError:
                # A number beyond a double's range, which Celery reads as infinity.
                self._args = json.loads(self.text)
        return self._args

    def __repr__(self) -> str:
        return f"Call({self.id!r}, {self.args!r}, {self.kwargs!r})"
