"""What a worker tells of itself: ``celery -A tasks inspect about``, and :mod:`tasks.doctor`."""

from collections.abc import Mapping
from typing import Any

from celery.signals import worker_init
from celery.worker.control import inspect_command

from config.code_version import code_version
from config.settings import Settings, settings
from tasks.app import clock

#: Settings that have to be the same for every process.
SHARED = (
    "market_clock",
    "market_closures",
    "publish_interval",
    "board_size",
    "board_retain",
    "symbols_bound",
    "visibility_timeout",
)


def shared_settings(of: Settings) -> Mapping[str, str]:
    """The settings that have to be the same everywhere, by variable."""
    shown = {name: getattr(of, name) for name in SHARED}
    shown["market_closures"] = ",".join(sorted(day.isoformat() for day in of.market_closures))
    # Not the servers themselves: each part has its own user, and may know them by another name.
    shown["board_shards"] = f"{len(of.board_shards)} servers beside REDIS_URL"
    return {name.upper(): str(value) for name, value in shown.items()}


@inspect_command()
def about(state: Any) -> dict[str, Any]:
    """The worker's queues, code, clock and the settings that all processes share."""
    consumer = state.consumer.task_consumer
    return {
        "queues": [queue.name for queue in consumer.queues] if consumer else [],
        "code": code_version(),
        # Not asked anew: a Redis that is away must not delay this answer.
        "skew": clock().skew,
        "settings": dict(shared_settings(settings())),
        "has_source": bool(settings().reference_file or settings().massive_api_key),
    }


@worker_init.connect
def note_code_version(**_: Any) -> None:
    """Before the files can be replaced."""
    code_version()
