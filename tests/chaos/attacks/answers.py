"""Attacks by forged answers of workers."""

import base64
import json
import time
from typing import Any

from redis import Redis

from tests.chaos.attacks.target import Target

_BODIES: list[Any] = [{"worker@there": {"error": "out of order"}}, {"worker@there": "aggs"}, [], None, "junk", 7]
_RAW = [b"junk", b"{}", b"\xff", b"[]"]


def unsound(target: Target) -> None:
    """Answer every inspection of workers with junk, as if from a worker."""
    broker = Redis.from_url(target.broker)
    listener = broker.pubsub(ignore_subscribe_messages=True)
    listener.psubscribe("*celery.pidbox")
    while (left := target.until - time.monotonic()) > 0:
        if not (message := listener.get_message(timeout=min(left, 1.0))):
            continue
        question = json.loads(base64.b64decode(json.loads(message["data"])["body"]))
        if reply_to := question.get("reply_to"):
            answers = [*_RAW, *(_answer(body, question["ticket"]) for body in _BODIES)]
            broker.lpush(f"{reply_to['routing_key']}.{reply_to['exchange']}", *answers)


def _answer(body: Any, ticket: str) -> bytes:
    """A message as kombu puts it on a list."""
    return json.dumps(
        {
            "body": base64.b64encode(json.dumps(body).encode()).decode(),
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"ticket": ticket},
            "properties": {"body_encoding": "base64", "delivery_info": {}, "delivery_tag": "1"},
        }
    ).encode()
