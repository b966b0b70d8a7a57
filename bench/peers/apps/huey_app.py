"""Huey over Redis. A task is off its queue before it runs; no setting has it redelivered."""

from collections.abc import Sequence
from typing import Any

from huey import RedisHuey

from bench.peers.settings import Settings
from bench.peers.work import TASKS

huey = RedisHuey("peers", url=Settings.read().broker, results=False)
_tasks = {name: huey.task(name=name)(function) for name, function in TASKS.items()}


def _call(name: str, arguments: Sequence[Any]) -> None:
    task = _tasks[name]
    for argument in arguments:
        task(argument)


SENDERS = {"call": _call}
