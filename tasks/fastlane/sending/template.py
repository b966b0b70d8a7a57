"""A task's message with gaps for what differs from call to call.

Celery and kombu make the message themselves, once: whatever the project's configuration puts into it is in the
template, and what cannot be the same in every message of the task makes it a task without one.
"""

import re
from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from celery import Celery, Task, signals
from celery.app.routes import MapRoute
from celery.backends.base import Backend
from kombu import Producer, Queue
from kombu.exceptions import EncodeError
from kombu.transport import redis
from kombu.utils.json import dumps
from kombu.utils.uuid import uuid

from tasks.fastlane.sending import payload
from tasks.fastlane.sending.write import Broker, Target

_LISTENED_TO = (signals.before_task_publish, signals.after_task_publish, signals.task_sent)
# Headers that a worker takes for what Celery writes into those of a call without options, where they are left out.
# A message is copied many times on its way and goes to Redis's disk twice; these are a quarter of it.
_SILENT = frozenset(
    {
        *("shadow", "eta", "expires", "group", "group_index", "retries", "timelimit", "parent_id"),
        *("replaced_task_nesting", "stamped_headers", "stamps"),
    }
)
_NOTHING: tuple[Any, ...] = (None, 0, {}, [None, None])
# No text that occurs in a message.
_BODY, _ID, _TAG = (uuid() for _ in range(3))
_GAPS = [_BODY, _ID, _ID, _ID, _TAG]


@dataclass(frozen=True, slots=True)
class Template:
    """The messages of one task, as this thread of this process sends them.

    Attributes:
        target: where they go.
        pattern: kombu's envelope in JSON.
        body_max: bytes of a body at most; None: any number.
    """

    target: Target
    pattern: bytes
    body_max: int | None = None

    def message(self, task_id: str, tag: str, args: Sequence[Any], kwargs: dict[str, Any]) -> bytes:
        """One message, ready for its queue's list.

        Raises:
            kombu.exceptions.EncodeError: the arguments cannot be sent as JSON, or are too long.
        """
        text = payload.encode(args, kwargs)
        if self.body_max is not None and len(text) > self.body_max:
            raise EncodeError(f"the arguments take {len(text):,} bytes, and {self.body_max:,} at most are sent")
        body = b2a_base64(text, newline=False)
        name = task_id.encode()
        return self.pattern % (body, name, name, name, tag.encode())


def may_apply(app: Celery) -> bool:
    """Whether a call made now can be like any other: no task is its parent, and nobody listens to what is sent."""
    if app.current_worker_task:
        return False
    return not any(signal.receivers for signal in _LISTENED_TO)


def of(task: Any) -> Template | None:
    """The template of a task; None where its messages have to be made by Celery one by one.

    Args:
        task: the task.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    app = task.app
    if not (_is_plain(task) and _is_untouched(app)):
        return None
    broker = Broker(app)

    def draw(connection: Any) -> tuple[dict[str, Any], Queue] | None:
        if not isinstance(connection.transport, redis.Transport):
            return None
        return _draw(task, connection.default_channel)

    if (drawn := broker.perform(draw)) is None:
        return None
    message, queue = drawn
    pattern, gaps = _with_gaps(message)
    if gaps != _GAPS:
        return None
    return Template(Target(broker, queue, hash(queue)), pattern, task.body_max)


def _is_plain(task: Any) -> bool:
    """Whether the task is sent as it is defined, each time in the same way."""
    app, conf = task.app, task.app.conf
    hard, soft = task.time_limit, task.soft_time_limit
    return (
        not conf.task_always_eager
        and conf.task_protocol == 2
        and not conf.task_send_sent_event
        and type(task).shadow_name is Task.shadow_name
        and task._dump_pydantic_arguments is None
        and not (hard and soft and soft > hard)
        # Other routers may look at the arguments.
        and all(type(route) is MapRoute for route in app.amqp.routes)
        # Some result backends are told of every call.
        and (task.ignore_result or type(task.backend).on_task_call is Backend.on_task_call)
        and payload.is_kombus()
    )


def _is_untouched(app: Any) -> bool:
    """Whether all that Celery would call is Celery's: tracers and apps put functions of their own in its place."""
    return all(
        function.__module__ == module and not hasattr(function, "__wrapped__")
        for function, module in (
            (Task.apply_async, "celery.app.task"),
            (app.send_task, "celery.app.base"),
            (app.amqp.create_task_message, "celery.app.amqp"),
            (app.amqp.send_task_message, "celery.app.amqp"),
            (Producer.publish, "kombu.messaging"),
        )
    )


def _draw(task: Any, channel: Any) -> tuple[dict[str, Any], Queue] | None:
    """The message that Celery makes of a call, and its queue; None where it is no plain one."""
    page: Any = _Page(channel)
    scribe = _Scribe(page, auto_declare=False)
    options = {"ignore_result": task.ignore_result} | {
        name: value for name, value in task._get_exec_options().items() if value is not None
    }
    task.app.send_task(task.name, (), {}, task_id=_ID, producer=scribe, task_type=task, **options)
    sent, message = scribe.options, page.message
    if not (
        scribe.body[2] == payload.EMBED
        and sent["exchange"] == ""
        and sent["serializer"] == "json"
        and not sent["compression"]
        and not sent.get("priority")
        and "expiration" not in sent
        and message["properties"]["body_encoding"] == "base64"
        and channel.priority(0) == 0
        and len(sent["declare"] or ()) == 1
    ):
        return None
    (queue,) = sent["declare"]
    # A list that expires is touched with every message.
    expires = queue.expires or "x-expires" in (queue.queue_arguments or {})
    if expires or sent["routing_key"] != queue.name:
        return None
    message["body"] = _BODY
    message["properties"]["delivery_tag"] = _TAG
    return _shortened(message), queue


def _shortened(message: dict[str, Any]) -> dict[str, Any]:
    """The message without what says nothing."""
    headers, properties = message["headers"], message["properties"]
    left_out = {name for name in _SILENT if headers.get(name) in _NOTHING}
    # The arguments for people: they cost more than the message, and a worker makes them anew where a call fails.
    left_out |= {"argsrepr", "kwargsrepr"}
    if headers["ignore_result"]:
        # Nobody waits for a reply.
        properties = {name: value for name, value in properties.items() if name != "reply_to"}
    kept = {name: value for name, value in headers.items() if name not in left_out}
    return message | {"headers": kept, "properties": properties}


def _with_gaps(message: dict[str, Any]) -> tuple[bytes, list[str]]:
    """The message as a pattern for bytes' ``%``, and its gaps in their order."""
    text = dumps(message, separators=(",", ":")).replace("%", "%%")
    gap = re.compile(f"{_BODY}|{_ID}|{_TAG}")
    return gap.sub("%b", text).encode(), gap.findall(text)


class _Scribe(Producer):
    """Keeps what it is given to publish.

    Attributes:
        body: the message's body, before it was made JSON.
        options: everything else that Celery asked for.
    """

    body: Any
    options: dict[str, Any]

    def publish(self, body: Any, **options: Any) -> None:  # type: ignore[override]
        self.body, self.options = body, options
        super().publish(body, **options | {"retry": False, "declare": None})


class _Page:
    """Stands in for a Redis channel.

    Attributes:
        message: what was published on it, as the channel would have put it into a queue.
    """

    message: dict[str, Any]

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def basic_publish(self, message: dict[str, Any], exchange: str, routing_key: str, **_: Any) -> None:
        self._channel._inplace_augment_message(message, exchange, routing_key)
        self.message = message
