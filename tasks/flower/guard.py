"""Keeps Flower up and closed to strangers: what it takes for an event or an answer, and which names it answers to.

Flower has no setting for any of this, so its own parts are replaced in its process, after its options are read.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

import flower.app as flower_app  # type: ignore[import-untyped]
import flower.events as flower_events  # type: ignore[import-untyped]
from celery.events import EventReceiver
from flower.utils.broker import RedisBase  # type: ignore[import-untyped]
from flower.views import BaseHandler  # type: ignore[import-untyped]
from prometheus_client import Counter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from redis.exceptions import ResponseError
from tornado.httputil import HTTPServerRequest
from tornado.web import RequestHandler

from config.loopback import is_loopback
from config.settings import settings
from leaderboard.brief import brief

#: Seconds between two lines of log about events and answers that are none.
LOG_INTERVAL = 60.0

log = logging.getLogger(__name__)

Text = Annotated[str, Field(max_length=10_000)]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
#: Unix seconds, from 2000 to 2100: what Flower can show as a time.
Time = Annotated[float, Field(ge=946_684_800, lt=4_102_444_800)]


class _Event(BaseModel):
    """What any event has. Fields that are not named are left out: Celery would set them on the worker or task."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)

    hostname: Name
    timestamp: Time
    utcoffset: Annotated[float, Field(ge=-24, le=24)] = 0
    clock: Count = 0
    pid: Count | None = None


class WorkerEvent(_Event):
    """A worker comes, goes, or is there."""

    type: Literal["worker-online", "worker-heartbeat", "worker-offline"]
    freq: Annotated[float, Field(gt=0, le=3600)] = 60
    active: Count | None = None
    processed: Count | None = None
    loadavg: Annotated[list[Annotated[float, Field(ge=0)]], Field(max_length=3)] | None = None
    sw_ident: Text | None = None
    sw_ver: Text | None = None
    sw_sys: Text | None = None


class TaskEvent(_Event):  # type: ignore[no-redef]
    """Something becomes of a task."""

    type: Literal[
        "task-sent",
        "task-received",
        "task-started",
        "task-succeeded",
        "task-failed",
        "task-rejected",
        "task-revoked",
        "task-retried",
    ]
    uuid: Name
    name: Name | None = None
    args: Text | None = None
    kwargs: Text | None = None
    root_id: Name | None = None
    parent_id: Name | None = None
    retries: Count | None = None
    eta: Text | None = None
    expires: Text | None = None
    exchange: Text | None = None
    routing_key: Text | None = None
    result: Text | None = None
    runtime: Annotated[float, Field(ge=0)] | None = None
    exception: Text | None = None
    traceback: Text | None = None


_EVENT: TypeAdapter[WorkerEvent | TaskEvent] = TypeAdapter(
    Annotated[WorkerEvent | TaskEvent, Field(discriminator="type")]
)


class _Queue(BaseModel):
    model_config = ConfigDict(strict=True)

    name: Name


#: What workers answer to each question that Flower asks.
_ANSWERS: dict[str, TypeAdapter[Any]] = {
    "stats": TypeAdapter(dict[str, Any]),
    "conf": TypeAdapter(dict[str, Any]),
    "active_queues": TypeAdapter(list[_Queue]),
    "registered": TypeAdapter(list[str]),
    "scheduled": TypeAdapter(list[dict[str, Any]]),
    "active": TypeAdapter(list[dict[str, Any]]),
    "reserved": TypeAdapter(list[dict[str, Any]]),
    "revoked": TypeAdapter(list[str]),
}


class Refused:
    """Counts what is refused, and logs it once in a while: whoever sends it decides how often it comes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counter = Counter("flower_refused_total", "Events and answers of workers that were none")
        self._unsaid = 0
        self._next = 0.0

    def add(self, what: str, content: object, reason: str) -> None:
        self._counter.inc()
        self._unsaid += 1
        if self._clock() < self._next:
            return
        self._next = self._clock() + LOG_INTERVAL
        log.warning(
            "refused %d events or answers, the last one %s: %s: %s", self._unsaid, what, reason, brief(content)
        )
        self._unsaid = 0


class CheckedReceiver(EventReceiver):
    """Takes in nothing but events as Celery sends them: Flower shows them, and fails for ever over a wrong one."""

    refused: Refused

    def get_consumers(self, consumer_class: Any, channel: Any) -> list[Any]:
        (consumer,) = super().get_consumers(consumer_class, channel)
        # What cannot be read would end the connection, and what comes until the next one is not heard.
        consumer.on_decode_error = self._refuse_message
        deliver = channel._deliver_fanout_message

        def deliver_message(payload: Any, exchange: str) -> Any:
            try:
                channel.Message(payload, channel=channel)
            except Exception as error:
                self._refuse_message(payload, error)
                return True
            return deliver(payload, exchange)

        channel._deliver_fanout_message = deliver_message
        return [consumer]

    def _receive(self, body: Any, message: Any, **_: Any) -> None:
        for each in body if isinstance(body, list) else [body]:
            try:
                event = checked(each)
            except ValueError as error:
                self.refused.add("an event", each, _reason(error))
            else:
                self.process(*self.event_from_message(event))

    def _refuse_message(self, message: Any, error: Exception) -> None:
        self.refused.add("a message", getattr(message, "body", message), f"{type(error).__name__} {error}")


def checked(event: object) -> dict[str, Any]:
    """An event with the fields that Celery's have, and no others.

    Raises:
        ValueError: it is none.
    """
    return _EVENT.validate_python(event).model_dump(exclude_unset=True)


def install(options: Any) -> None:
    """Replace, in this process, which is Flower's, what Flower has no setting for.

    Args:
        options: Flower's.
    """
    refused = CheckedReceiver.refused = Refused()
    flower_events.EventReceiver = CheckedReceiver
    _check_answers(refused)
    logging.getLogger("flower.inspector").addFilter(say_that_no_worker_answered)
    _show_all_queues()
    _answer_to_our_names(options)


def _check_answers(refused: Refused) -> None:
    take = flower_app.Inspector._on_update

    def take_checked(self: Any, worker: str, method: str, answer: object) -> None:
        try:
            _ANSWERS[method].validate_python(answer, strict=True)
        except ValidationError as error:
            refused.add(f"of {brief(worker)} to {method}", answer, _reason(error))
        else:
            take(self, worker, method, answer)

    flower_app.Inspector._on_update = take_checked


def say_that_no_worker_answered(record: logging.LogRecord) -> bool:
    """A filter of Flower's log, which says of a question without an answer that it failed, as at each start."""
    if record.msg == "Inspect method %s failed":
        record.msg = "no worker answered when asked for its %s: none is up yet, or all are away"
    return True


def _show_all_queues() -> None:
    """Of the queues, Flower would show those whose workers it has met: not the one whose worker is away."""
    met = BaseHandler.get_active_queue_names

    def all_queues(self: Any) -> list[str]:
        return sorted({*met(self), *(queue.name for queue in self.capp.conf.task_queues)})

    BaseHandler.get_active_queue_names = all_queues
    count = RedisBase.queues

    async def count_each(self: Any, names: Iterable[str]) -> list[dict[str, Any]]:
        rows = []
        for name in names:
            try:
                rows += await count(self, [name])
            except ResponseError as error:
                # Of another type, which hides no other queue.
                log.warning("the depth of the queue %s is unknown: %s", name, error)
                rows.append({"name": name, "messages": None})
        return rows

    RedisBase.queues = count_each


def _answer_to_our_names(options: Any) -> None:
    find = flower_app.Flower.find_handler

    def find_or_refuse(self: Any, request: HTTPServerRequest, **kwargs: Any) -> Any:
        if is_answered_to(request, options):
            return find(self, request, **kwargs)
        return self.get_handler_delegate(request, _Misdirected)

    flower_app.Flower.find_handler = find_or_refuse


def is_answered_to(request: HTTPServerRequest, options: Any) -> bool:
    """Whether Flower answers to the name by which it is asked.

    Anybody can have a name of theirs point at this machine, and a browser takes Flower for the server of a page of
    theirs. It sends no login there: with one, any name will do unless ``FLOWER_HOSTS`` says which.
    """
    name, hosts = request.host_name.strip("[]"), settings().flower_hosts
    probe = "/".join(["", *filter(None, [(options.url_prefix or "").strip("/"), "healthcheck"])])
    if request.path == probe or (not hosts and (options.auth or options.basic_auth)):
        # Probes ask by the address of a pod, and learn nothing.
        return True
    return is_loopback(name) or name in hosts or name == (options.address or "").strip("[]").lower()


class _Misdirected(RequestHandler):
    """The answer to who asks by another name."""

    def prepare(self) -> None:
        self.set_status(421)
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.finish(f"Flower does not answer to the name {self.request.host_name!r:.80}; see FLOWER_HOSTS.\n")


def _reason(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
