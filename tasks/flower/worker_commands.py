"""Has Flower's commands to workers fail while the broker is away.

Kombu would retry them until it is back. Until then Flower could not stop, and afterwards a worker would be shut
down by a click of an hour ago.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu import Producer
from kombu.pidbox import Mailbox

_RETRIES = {"max_retries": 1, "interval_start": 0}


class _Producer(Producer):
    def publish(self, *args: Any, **options: Any) -> Any:
        return super().publish(*args, **options | {"retry_policy": _RETRIES})


def bound_retries() -> None:
    """Have each command be retried once."""

    @contextmanager
    def producer(self: Any, producer: Any = None, channel: Any = None) -> Iterator[Producer]:
        yield _Producer(channel, auto_declare=False)

    Mailbox.producer_or_acquire = producer  # type: ignore[method-assign]
