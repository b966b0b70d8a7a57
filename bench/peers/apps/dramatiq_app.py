"""Dramatiq over Redis, with its default middleware."""

from collections.abc import Sequence
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from bench.peers.settings import Settings
from bench.peers.work import TASKS

_settings = Settings.read()
_options: dict[str, int] = {}
if _settings.timeout:
    _options["heartbeat_timeout"] = _settings.timeout * 1000
    if _settings.safe:
        # By default one command in a thousand looks for lost workers.
        _options["maintenance_chance"] = 1_000_000
broker = RedisBroker(url=_settings.broker, **_options)
dramatiq.set_broker(broker)
_actors = {name: dramatiq.actor(function, actor_name=name, broker=broker) for name, function in TASKS.items()}


def _send(name: str, arguments: Sequence[Any]) -> None:
    actor = _actors[name]
    for argument in arguments:
        actor.send(argument)


SENDERS = {"send": _send}
