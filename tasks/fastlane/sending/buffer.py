"""Collects calls of a task and sends some hundreds in a write."""

import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from kombu.exceptions import OperationalError
from kombu.utils.uuid import uuid
from opentelemetry.context import Context, get_current
from opentelemetry.trace import ProxyTracerProvider, get_tracer_provider

from tasks.fastlane.call import Call
from tasks.fastlane.sending.errors import SendError
from tasks.fastlane.sending.ids import new_ids
from tasks.fastlane.sending.template import Template
from tasks.fastlane.sending.write import WriteError

#: Messages in one write.
BATCH_SIZE = 500
#: Bytes after which a write is large enough, however few messages it has.
LARGE = 4_000_000

# Ids that are made at once.
_BLOCK = 64

# Id and arguments of a buffered call. A :class:`Call` takes three times as long to make.
_Call = tuple[str, tuple[Any, ...], dict[str, Any]]


class SendableTask(Protocol):
    """What a buffer needs of a task; see :class:`tasks.fastlane.sending.template_task.TemplateTask`."""

    typing: bool

    def template(self) -> Template | None: ...

    def check(self, args: Sequence[Any], kwargs: dict[str, Any]) -> None: ...

    def apply_async(self, args: Any = None, kwargs: Any = None, *rest: Any, **options: Any) -> Any: ...


class Buffer:
    """``send(*args, **kwargs)`` calls a task as its ``delay`` does, but keeps the message until a batch is full.

    A batch is written when it has `size` messages or :data:`LARGE` bytes, at :meth:`flush`, when the ``with``
    block ends in whatever way, and at a call when its oldest message is `seconds` old: while nobody calls, nothing
    is written. If Celery has to make the messages, each is sent at its call.

    A buffer belongs to the thread and the process that made it.

    Args:
        task: whose calls.
        size: messages in a batch.
        seconds: how old a message may grow.
        checked: the arguments of all calls have been checked.

    Attributes:
        sent: calls that the broker has.
    """

    def __init__(self, task: SendableTask, size: int, seconds: float, checked: bool = False) -> None:
        if size < 1:
            raise ValueError(f"a batch of {size} messages")
        self.sent = 0
        self._task = task
        self._size = size
        self._seconds = seconds
        self._unchecked = task.typing and not checked
        self._ids = _endless_ids()
        self._template: Template | None = None
        self._calls: list[_Call] = []
        self._messages: list[bytes] = []
        self._bytes = 0
        self._opened = 0.0
        self._context: Context | None = None
        self._is_traced = False

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        """Buffer a call.

        Returns:
            The task's id.

        Raises:
            kombu.exceptions.EncodeError: the arguments cannot be sent; the call is not buffered.
            SendError: the broker failed. The calls that the error lists have left the buffer.
        """
        if self._unchecked:
            self._task.check(args, kwargs)
        if not self._calls:
            self._open(args, kwargs)
        if self._template is None:
            return self._send_by_celery(args, kwargs)
        if self._is_traced and (context := get_current()) is not self._context:
            self._template, self._context = self._template.under(context), context
        task_id, tag = next(self._ids)
        message = self._template.message(task_id, tag, args, kwargs)
        self._messages.append(message)
        self._calls.append((task_id, args, kwargs))
        self._bytes += len(message)
        if (
            len(self._calls) >= self._size
            or self._bytes >= LARGE
            or time.monotonic() - self._opened >= self._seconds
        ):
            self.flush()
        return task_id

    def flush(self) -> None:
        """Write what is buffered.

        Raises:
            SendError: the broker failed. The calls that the error lists have left the buffer.
        """
        if not self._calls:
            return
        assert self._template
        try:
            self._template.target.write(self._messages)
        except WriteError as error:
            calls = [Call(*each) for each in self._take()]
            doubtful, unsent = (calls, []) if error.doubtful else ([], calls)
            raise SendError(str(error), [], doubtful, unsent) from error
        # Only now: if a signal's exception ends the write half-way, they stay, to be written again.
        self.sent += len(self._take())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()

    def _open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        try:
            self._template = self._task.template()
        except OperationalError as error:
            raise SendError(str(error), [], [], [Call(uuid(), args, kwargs)]) from error
        self._opened = time.monotonic()
        self._context = get_current()
        # Looking for another span at each call would be noticed. Where there is no provider there is none.
        self._is_traced = not isinstance(get_tracer_provider(), ProxyTracerProvider)

    def _take(self) -> list[_Call]:
        calls, self._calls, self._messages, self._bytes = self._calls, [], [], 0
        return calls

    def _send_by_celery(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        task_id = uuid()
        try:
            self._task.apply_async(args, kwargs, task_id=task_id)
        except OperationalError as error:
            # Celery does not say how far it got.
            raise SendError(str(error), [], [Call(task_id, args, kwargs)], []) from error
        self.sent += 1
        return task_id


def _endless_ids() -> Iterator[tuple[str, str]]:
    while True:
        yield from new_ids(_BLOCK)
