"""Apps that send tasks, and the messages that they send."""

import base64
import json
from typing import Any
from uuid import UUID, uuid4

from celery import Celery
from kombu.utils.json import loads
from redis import Redis

from tasks.fastlane.sending import payload
from tasks.fastlane.sending.template_task import TemplateTask

QUEUE = "celery"


def app_on(url: str, **conf: Any) -> Celery:
    app = Celery("fastlane", set_as_current=False)
    # Its own connection pool: kombu caches declarations per connection, also across tests.
    options = {"client_name": uuid4().hex} | conf.pop("broker_transport_options", {})
    # The environment names the tests' broker, and Celery prefers it to `broker`.
    app.conf.update(broker_write_url=url, broker_read_url=url, broker_transport_options=options)
    app.conf.update(task_ignore_result=True)
    app.conf.update(conf)
    return app


def task_on(app: Celery, base: type[Any] = TemplateTask, **options: Any) -> Any:
    """A task of the same name, whatever its base."""

    @app.task(name="tests.note", base=base, shared=False, **options)
    def note(event: Any, extra: Any = None) -> None:
        pass

    return app.tasks["tests.note"]


def messages(broker: Redis, queue: str = QUEUE) -> list[dict[str, Any]]:
    """The queued messages, oldest first."""
    return [json.loads(each) for each in reversed(broker.lrange(queue, 0, -1))]


def body(message: dict[str, Any]) -> Any:
    return loads(base64.b64decode(message["body"]))


def events(message: dict[str, Any]) -> Any:
    return body(message)[0][0]


def writes(broker: Redis) -> int:
    """LPUSH commands so far."""
    stats: dict[str, Any] = broker.info("commandstats")
    return int(stats.get("cmdstat_lpush", {}).get("calls", 0))


def scrubbed(message: dict[str, Any]) -> dict[str, Any]:
    """A message in which values that differ from call to call are replaced by their types."""
    message = json.loads(json.dumps(message))
    message["body"] = body(message)
    headers, properties = message["headers"], message["properties"]
    if headers["ignore_result"] and "root_id" not in headers:
        assert "correlation_id" not in properties
    else:
        assert headers["id"] == headers["root_id"] == properties["correlation_id"]
    assert UUID(headers["id"]).version == 4
    assert properties["delivery_tag"] != headers["id"]
    for part, name in (
        (headers, "id"),
        (headers, "root_id"),
        (properties, "correlation_id"),
        (properties, "delivery_tag"),
        # Which thread of which app it was.
        (properties, "reply_to"),
    ):
        if name in part:
            part[name] = type(part[name])
    return message


#: Headers, and the third part of the body, that a worker does not need for a call without options.
SILENT: dict[str, Any] = {
    **dict.fromkeys(("shadow", "eta", "expires", "group", "group_index", "parent_id", "stamped_headers")),
    "retries": 0,
    "timelimit": [None, None],
    "replaced_task_nesting": 0,
    "stamps": {},
}


def shortened(message: dict[str, Any]) -> dict[str, Any]:
    """A message of Celery's without these."""
    headers, properties = message["headers"], dict(message["properties"])
    if headers["ignore_result"]:
        del properties["reply_to"], properties["correlation_id"]
    kept = {
        name: value
        for name, value in headers.items()
        if name not in ("argsrepr", "kwargsrepr") and not (name in SILENT and value == SILENT[name])
    }
    if headers["ignore_result"]:
        del kept["root_id"]
    args, kwargs, embed = message["body"]
    assert embed == payload.EMBED
    return message | {"headers": kept, "properties": properties, "body": [args, kwargs, {}]}


IMPATIENT = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}
