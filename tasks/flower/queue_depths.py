"""Shows the depth of every queue on Flower's Broker page."""

import logging
from collections.abc import Iterable
from typing import Any

from flower.utils.broker import RedisBase  # type: ignore[import-untyped]
from flower.views import BaseHandler  # type: ignore[import-untyped]
from redis.exceptions import ResponseError

log = logging.getLogger(__name__)


def show_all_queues() -> None:
    """Show all of the app's queues. Flower by itself would omit those without a running worker."""
    names_of_running_workers = BaseHandler.get_active_queue_names

    def all_names(self: Any) -> list[str]:
        return sorted({*names_of_running_workers(self), *(queue.name for queue in self.capp.conf.task_queues)})

    BaseHandler.get_active_queue_names = all_names
    count = RedisBase.queues

    async def count_each(self: Any, names: Iterable[str]) -> list[dict[str, Any]]:
        rows = []
        for name in names:
            try:
                rows += await count(self, [name])
            except ResponseError as error:
                # The key has another type. Counted together with it, the other queues would have no depth either.
                log.warning("the depth of the queue %s is unknown: %s", name, error)
                rows.append({"name": name, "messages": None})
        return rows

    RedisBase.queues = count_each
