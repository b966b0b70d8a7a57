"""Celery's instrumentation: a span for each run of a task, and for each call, but none for bars."""

from typing import Any

from opentelemetry.instrumentation.celery import CeleryInstrumentor


class TaskInstrumentor(CeleryInstrumentor):
    """Instruments all tasks but those that run too often for a span each.

    Args:
        untraced: the names of those tasks.
    """

    def __init__(self, *untraced: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._untraced = untraced

    def _trace_prerun(self, *args: Any, **kwargs: Any) -> None:
        if kwargs["task"].name not in self._untraced:
            super()._trace_prerun(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _trace_postrun(self, *args: Any, **kwargs: Any) -> None:
        if kwargs["task"].name not in self._untraced:
            super()._trace_postrun(*args, **kwargs)  # type: ignore[no-untyped-call]
