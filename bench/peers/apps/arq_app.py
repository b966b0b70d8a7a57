"""Arq, which keeps each job in Redis until it has run."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from arq import create_pool, func
from arq.connections import ArqRedis, RedisSettings

from bench.peers.settings import Settings
from bench.peers.work import TASKS

_settings = Settings.read()
# It logs two lines a job.
logging.disable(logging.INFO)


def _as_job(name: str, function: Callable[[Any], None]) -> Any:
    async def run(_: dict[Any, Any], argument: Any) -> None:
        # In the event loop: a thread would cost more than the work.
        function(argument)

    return func(run, name=name)


class WorkerSettings:
    """Read by arq's worker."""

    functions = tuple(_as_job(name, function) for name, function in TASKS.items())
    # A worker that stood still sees a timeout, which would end it.
    redis_settings = replace(RedisSettings.from_dsn(_settings.broker), retry_on_timeout=True)
    keep_result = 0
    # By default it takes 100 jobs at most every half second.
    max_jobs = 100
    poll_delay = 0.02
    job_timeout = _settings.timeout or 300


_runner = asyncio.Runner()
_pools: list[ArqRedis] = []


def _enqueue_job(name: str, arguments: Sequence[Any]) -> None:
    async def send() -> None:
        if not _pools:
            _pools.append(await create_pool(WorkerSettings.redis_settings))
        for argument in arguments:
            await _pools[0].enqueue_job(name, argument)

    _runner.run(send())


SENDERS = {"enqueue_job": _enqueue_job}
