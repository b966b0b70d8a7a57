"""A task's message with gaps for what differs from call to call.

Celery and kombu make the message themselves, once, so whatever the configuration puts into messages is in the
template. A task has no template if anything else than the gaps may differ from message to message.
"""

import re
from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from celery import Celery, Task, signals
from celery.app.routes import MapRoute
from celery.backends.base import Backend
from kombu import Producer, Queue
from kombu.exceptions import EncodeError
from kombu.transport import redis
from kombu.utils.json import dumps
from kombu.utils.uuid import uuid
from opentelemetry.context import Context
from opentelemetry.propagate import inject

from tasks.fastlane.sending import payload
from tasks.fastlane.sending.write import Broker, Target

_LISTENED_TO = (signals.before_task_publish, signals.after_task_publish, signals.task_sent)
# Headers that say nothing in a call without options: workers take them as such if they are left out. They are a
# quarter of a message, which is copied many times on its way and written to Redis's disk twice.
_SILENT = frozenset(
    {
        *("shadow", "eta", "expires", "group", "group_index", "retries", "timelimit", "parent_id"),
        *("replaced_task_nesting", "stamped_headers", "stamps"),
    }
)
_NOTHING: tuple[Any, ...] = (None, 0, {}, [None, None])
# Placeholders, which occur nowhere else in a message.
_BODY, _ID, _TAG = (uuid() for _ in range(3))
# In this order; a message that somebody waits for the result of has its id three times.
_GAPS = ([_BODY, _ID, _TAG], [_BODY, _ID, _ID, _ID, _TAG])
# Where the headers of a message begin. There are always some.
_HEADERS = b'"headers":{'


@dataclass(frozen=True, slots=True)
class Template:
    """The messages of one task, as this thread of this process sends them.

    Attributes:
        target: the queue that they go to.
        pattern: kombu's envelope in JSON, for ``%``.
        ids: how often the task's id is in it.
        body_max: bytes of a body at most; None: any number.
        plain: the pattern without the name of a span, if it has one.
    """

    target: Target
    pattern: bytes
    ids: int
    body_max: int | None = None
    plain: bytes | None = None

    def message(self, task_id: str, tag: str, args: Sequence[Any], kwargs: dict[str, Any]) -> bytes:
        """One message, ready for its queue's list.

        Raises:
            kombu.exceptions.EncodeError: the arguments cannot be sent as JSON, or are too long.
        """
        text = payload.encode(args, kwargs)
        if self.body_max is not None and len(text) > self.body_max:
            raise EncodeError(f"the arguments take {len(text):,} bytes, and {self.body_max:,} at most are sent")
        body = b2a_base64(text, newline=False)
        return self.pattern % (body, *[task_id.encode()] * self.ids, tag.encode())

    def under(self, context: Context) -> "Template":
        """The template whose messages name the span that is active in `context`; without a name if none is."""
        plain = self.plain or self.pattern
        headers: dict[str, str] = {}
        inject(headers, context)
        if not headers:
            return replace(self, pattern=plain)
        text = dumps(headers, separators=(",", ":"))[1:-1].replace("%", "%%").encode()
        return replace(self, pattern=plain.replace(_HEADERS, _HEADERS + text + b",", 1), plain=plain)


def may_apply(app: Celery) -> bool:
    """Whether a call made now is like any other: no task is its parent, and nobody listens to publish signals."""
    if app.current_worker_task:
        return False
    return not any(signal.receivers for signal in _LISTENED_TO)


def template_of(task: Any) -> Template | None:
    """The template of a task; None if Celery has to make its messages one by one.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    app = task.app
    if not (_is_plain(task) and _is_untouched(app)):
        return None
    broker = Broker(app)

    def capture(connection: Any) -> tuple[dict[str, Any], Queue] | None:
        if not isinstance(connection.transport, redis.Transport):
            return None
        return _capture(task, connection.default_channel)

    if (captured := broker.perform(capture)) is None:
        return None
    message, queue = captured
    pattern, gaps = _with_gaps(message)
    if gaps not in _GAPS:
        return None
    return Template(Target(broker, queue, hash(queue)), pattern, gaps.count(_ID), task.body_max)


def _is_plain(task: Any) -> bool:
    """Whether each call of the task is sent in the same way."""
    app, conf = task.app, task.app.conf
    hard, soft = task.time_limit, task.soft_time_limit
    return (
        not conf.task_always_eager
        and conf.task_protocol == 2
        and not conf.task_send_sent_event
        and type(task).shadow_name is Task.shadow_name
        and task._dump_pydantic_arguments is None
        and not (hard and soft and soft > hard)
        # Routers of other kinds may look at the arguments.
        and all(type(route) is MapRoute for route in app.amqp.routes)
        # Some result backends are told of every call.
        and (task.ignore_result or type(task.backend).on_task_call is Backend.on_task_call)
        and payload.is_kombus()
    )


def _is_untouched(app: Any) -> bool:
    """Whether the functions that send are Celery's own: tracers and apps may have replaced them."""
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


def _capture(task: Any, channel: Any) -> tuple[dict[str, Any], Queue] | None:
    """The message that Celery makes of a call, and its queue; None if they are not plain."""
    capturing: Any = _CapturingChannel(channel)
    producer = _CapturingProducer(capturing, auto_declare=False)
    options = {"ignore_result": task.ignore_result} | {
        name: value for name, value in task._get_exec_options().items() if value is not None
    }
    task.app.send_task(task.name, (), {}, task_id=_ID, producer=producer, task_type=task, **options)
    sent, message = producer.options, capturing.message
    if not (
        producer.body[2] == payload.EMBED
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
    # Celery renews the expiry of such a list with every message.
    expires = queue.expires or "x-expires" in (queue.queue_arguments or {})
    if expires or sent["routing_key"] != queue.name:
        return None
    message["body"] = _BODY
    message["properties"]["delivery_tag"] = _TAG
    return _shortened(message), queue


def _shortened(message: dict[str, Any]) -> dict[str, Any]:
    """The message without headers and properties that say nothing."""
    headers, properties = message["headers"], message["properties"]
    left_out = {name for name in _SILENT if headers.get(name) in _NOTHING}
    # The arguments as text for people cost more than the rest, and a worker makes them anew if a call fails.
    left_out |= {"argsrepr", "kwargsrepr"}
    if headers["ignore_result"]:
        # Nobody waits for a result, and the call is its own root. These two ids are a seventh of a bar's message.
        silent = ("reply_to", "correlation_id")
        properties = {name: value for name, value in properties.items() if name not in silent}
        left_out.add("root_id")
    kept = {name: value for name, value in headers.items() if name not in left_out}
    return message | {"headers": kept, "properties": properties}


def _with_gaps(message: dict[str, Any]) -> tuple[bytes, list[str]]:
    """The message as a pattern for ``%`` on bytes, and its placeholders in their order."""
    text = dumps(message, separators=(",", ":")).replace("%", "%%")
    gap = re.compile(f"{_BODY}|{_ID}|{_TAG}")
    return gap.sub("%b", text).encode(), gap.findall(text)


class _CapturingProducer(Producer):
    """Keeps what it is to publish.

    Attributes:
        body: the message's body, before it was made JSON.
        options: everything else that Celery asked for.
    """

    body: Any
    options: dict[str, Any]

    def publish(self, body: Any, **options: Any) -> None:  # type: ignore[override]
        self.body, self.options = body, options
        super().publish(body, **options | {"retry": False, "declare": None})


class _CapturingChannel:
    """A Redis channel that keeps what is published.

    Attributes:
        message: what was published last, as the channel would have put it into a queue.
    """

    message: dict[str, Any]

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def basic_publish(self, message: dict[str, Any], exchange: str, routing_key: str, **_: Any) -> None:
        self._channel._inplace_augment_message(message, exchange, routing_key)
        self.message = message
