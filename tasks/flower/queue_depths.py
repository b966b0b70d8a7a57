"""Shows on Flower's Broker page every queue, with its depth and what of it is in flight."""

import json
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from flower.utils.broker import RedisBase  # type: ignore[import-untyped]
from flower.views import BaseHandler  # type: ignore[import-untyped]
from redis.exceptions import ResponseError

log = logging.getLogger(__name__)

#: Messages in flight that are read, at most. If there are more, a queue's share of these is the share of all.
READ = 500
# Kombu's hash of the messages of all queues in flight.
_UNACKED = "unacked"


def show_all_queues() -> None:
    """Show all of the app's queues. Flower by itself would omit those without a running worker."""
    names_of_running_workers = BaseHandler.get_active_queue_names

    def all_names(self: Any) -> list[str]:
        return sorted({*names_of_running_workers(self), *(queue.name for queue in self.capp.conf.task_queues)})

    BaseHandler.get_active_queue_names = all_names
    count = RedisBase.queues

    async def count_each(self: Any, names: Iterable[str]) -> list[dict[str, Any]]:
        names = list(names)
        in_flight = await _in_flight(self, names)
        rows = []
        for name, unacked in zip(names, in_flight, strict=True):
            try:
                (row,) = await count(self, [name])
            except ResponseError as error:
                # The key has another type. Counted together with it, the other queues would have no depth either.
                log.warning("the depth of the queue %s is unknown: %s", name, error)
                row = {"name": name, "messages": None}
            rows.append(row | {"messages_ready": row["messages"], "messages_unacknowledged": unacked})
        return rows

    RedisBase.queues = count_each


async def _in_flight(broker: Any, names: Sequence[str]) -> list[int | str | None]:
    """Messages in flight, by queue. Beyond :data:`READ` of all queues an estimate, as text; None: unknown."""
    key = broker.broker_prefix + _UNACKED
    try:
        async with broker.redis.pipeline(transaction=False) as pipe:
            pipe.hlen(key)
            pipe.hrandfield(key, READ, withvalues=True)
            total, read = await pipe.execute()
    except ResponseError as error:
        log.warning("the messages in flight are unknown: %s", error)
        return [None] * len(names)
    # Each entry ends with its routing key.
    endings = [f"{json.dumps(name)}]".encode() for name in names]
    counts = [sum(each.endswith(ending) for each in read[1::2]) for ending in endings]
    if total <= READ:
        return list(counts)
    return [f"about {total * count / READ:,.0f}" for count in counts]
