"""The bars that wait in their queue."""

import base64
import json
from typing import Any

from redis import Redis

from config.celery import AGGS


def queued_events(broker: Redis) -> list[dict[str, Any]]:
    """The events in the queue, next in turn first."""
    messages: Any = broker.lrange(AGGS, 0, -1)
    bodies = [base64.b64decode(json.loads(message)["body"]) for message in reversed(messages)]
    return [json.loads(body)[0][0] for body in bodies]
