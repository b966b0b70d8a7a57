"""Taskiq over Redis streams."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from taskiq_redis import RedisStreamBroker

from bench.peers.settings import Settings
from bench.peers.work import TASKS

_settings = Settings.read()
_options: dict[str, Any] = {}
if _settings.safe:
    # From the stream's beginning; and a worker that is killed while it looks for lost messages bars no other.
    _options |= {"consumer_id": "0", "unacknowledged_lock_timeout": 2.0}
if _settings.timeout:
    _options["idle_timeout"] = _settings.timeout * 1000
broker = RedisStreamBroker(_settings.broker, **_options)


def _as_task(name: str, function: Callable[[Any], None]) -> Any:
    async def run(argument: Any) -> None:
        # In the event loop: a thread would cost more than the work.
        function(argument)

    return broker.task(task_name=name)(run)


_tasks = {name: _as_task(name, function) for name, function in TASKS.items()}
_runner = asyncio.Runner()


def _kiq(name: str, arguments: Sequence[Any]) -> None:
    async def send() -> None:
        for argument in arguments:
            await _tasks[name].kiq(argument)

    _runner.run(send())


SENDERS = {"kiq": _kiq}
