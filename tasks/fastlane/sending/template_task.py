"""Tasks whose messages are filled into a template instead of made anew for each call.

A template serves calls that have nothing but arguments. Celery itself makes the message of every other call: with
an option, from within another task, in eager mode, with a listener on Celery's publish signals, another
serializer, another broker than Redis, and so on; and of every call if the app's configuration says
``fast_lane=False``.
"""

import os
import threading
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, ParamSpec, TypeVar

from celery import Task
from kombu.exceptions import EncodeError
from opentelemetry.context import get_current

from tasks.fastlane.sending.buffer import BATCH_SIZE, Buffer
from tasks.fastlane.sending.errors import SendError, UnencodableError
from tasks.fastlane.sending.ids import new_ids
from tasks.fastlane.sending.template import Template, may_apply, template_of

P = ParamSpec("P")
R = TypeVar("R")

_FOREVER = float("inf")


class TemplateTask(Task[P, R]):
    """A task that is sent faster: ``@app.task(base=TemplateTask)``.

    Stock Celery workers understand its messages, and stock Celery clients can send it.
    """

    abstract = True

    #: Bytes of a message's body at most; None: any number.
    body_max: int | None = None

    def apply_async(self, args: Any = None, kwargs: Any = None, *rest: Any, **options: Any) -> Any:
        """As Celery's.

        Raises:
            kombu.exceptions.OperationalError: the broker failed.
        """
        args, kwargs = args or (), kwargs or {}
        plain = not rest and not options and isinstance(args, list | tuple) and type(kwargs) is dict
        template = self.template() if plain else None
        if template is None:
            return super().apply_async(args, kwargs, *rest, **options)
        self.check(args, kwargs)
        ((task_id, tag),) = new_ids()
        template.target.write([template.message(task_id, tag, args, kwargs)])
        result = self.AsyncResult(task_id)
        result.ignored = self.ignore_result
        return result

    def delay_many(self, events: Iterable[Any]) -> list[str]:
        """``delay(event)`` for each event, some hundreds in a write.

        For tasks of one argument; :meth:`buffered` sends calls of any shape. An event waits until its batch is
        full or the iterable ends: if events come now and then, use :meth:`buffered`. If the iterable itself
        raises, the events before it are sent.

        Args:
            events: any iterable, also an endless one.

        Returns:
            The tasks' ids, in the events' order.

        Raises:
            SendError: the broker failed; says what was sent, what was not, and of what nobody knows.
            UnencodableError: an event cannot be sent; says which.
        """
        ids: list[str] = []
        unencodable: list[Any] = []
        rest = iter(events)
        # The number of arguments is the same for every event.
        self.check((None,), {})
        buffer = Buffer(self, BATCH_SIZE, _FOREVER, checked=True)
        try:
            with buffer as send:
                for event in rest:
                    try:
                        ids.append(send(event))
                    except EncodeError as error:
                        unencodable.append(event)
                        raise UnencodableError(str(error), ids, rest) from error
        except SendError as error:
            calls = error.unsent
            unsent = chain((call.args[0] for call in calls), unencodable, rest)
            raise SendError(str(error), ids[: buffer.sent], error.doubtful, unsent) from error.__cause__
        return ids

    def buffered(self, size: int = BATCH_SIZE, seconds: float = 0.1) -> Buffer:
        """``with task.buffered() as send: send(event)`` is ``delay(event)``, some hundreds in a write.

        Args:
            size: calls in a write.
            seconds: how old a call may grow in the buffer, checked when the next one comes.
        """
        return Buffer(self, size, seconds)

    def check(self, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        """Check arguments against the task's signature, unless the task is declared with ``typing=False``.

        Raises:
            TypeError: the task cannot be called with them.
        """
        if self.typing:
            self.__header__(*args, **kwargs)  # type: ignore[attr-defined]

    def template(self) -> Template | None:
        """The template for a call made now by this thread; None if Celery has to make the message.

        Raises:
            kombu.exceptions.OperationalError: the broker does not answer.
        """
        app: Any = self.app
        if not may_apply(app):
            return None
        local = (self.__dict__.get("_local") or self.__dict__.setdefault("_local", threading.local())).__dict__
        # A message names its sender's process and thread. Of the configuration only manual changes are looked at:
        # a look-up in all of it takes as long as to make the message.
        changes = app.conf.changes
        key = (os.getpid(), app, self.ignore_result, len(changes), changes.get("task_always_eager"))
        if local.get("key") != key:
            local["template"] = self._new_template()
            local["key"] = key
            local["under"] = None, None
        template: Template | None = local["template"]
        # Empty where no span is active: in a process without telemetry, always.
        if template is None or not (context := get_current()):
            return template
        # Most calls are made under the same span as the one before.
        if local["under"][0] is not context:
            local["under"] = context, template.under(context)
        under: Template = local["under"][1]
        return under

    def _new_template(self) -> Template | None:
        if not self.app.conf.get("fast_lane", True) or self._is_overridden:
            return None
        return template_of(self)

    @property
    def _is_overridden(self) -> bool:
        """Whether another class changes how the task is sent."""
        above = super().apply_async.__func__  # type: ignore[attr-defined]
        return (type(self).apply_async, type(self).delay, above) != (
            TemplateTask.apply_async,
            Task.delay,
            Task.apply_async,
        )
