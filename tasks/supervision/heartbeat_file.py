"""Keeps the file fresh by which a container's probe knows that this worker does its work.

It beats where the worker has taken messages since the last look, or tried to and its servers were at fault; where
nothing waits for it; and where the broker is away, for which a worker is not to be restarted. So it stops for a
worker that hangs, and for one that is connected but takes nothing, while messages wait - whatever it answers to a
ping.
"""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from celery import Celery
from celery.worker import state
from kombu.exceptions import OperationalError

from config import queue_depth
from config.heartbeat import INTERVAL

log = logging.getLogger(__name__)


class Heartbeat:
    """Beats from a thread of its own, which goes on where the event loop does not.

    Args:
        app: whose broker.
        queues: that the worker was told to consume, whether it still does or not.
        path: of the file.
        interval: seconds between two looks.
    """

    def __init__(self, app: Celery, queues: Sequence[str], path: Path, interval: float = INTERVAL) -> None:
        self._app = app
        self._queues = queues
        self._path = path
        self._interval = interval
        self._seen = -1
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Beat for the first time, and then again and again.

        Raises:
            OSError: the file cannot be written.
        """
        self._path.touch()
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def look(self) -> None:
        """Beat, if there is reason to."""
        done = _done()
        if done != self._seen or self._nothing_waits():
            self._path.touch()
        self._seen = done

    def _run(self) -> None:
        while not self._stopped.wait(self._interval):
            try:
                self.look()
            except OSError as error:
                log.error("the heartbeat's file cannot be written: %s", error)

    def _nothing_waits(self) -> bool:
        """Whether the queues are empty as far as anybody can tell."""
        connection = self._app.connection_for_read(transport_options=queue_depth.OPTIONS)
        errors: tuple[type[BaseException], ...] = (
            OperationalError,
            *connection.connection_errors,
            *connection.channel_errors,
        )
        try:
            with connection:
                return not any(queue_depth.waiting(connection.default_channel, name) for name in self._queues)
        except errors:
            # The worker says so itself.
            return True


def note_attempt() -> None:
    """Count work that was begun, and is to be repeated for no fault of the worker's."""
    global _tries
    _tries += 1


_tries = 0


def _done() -> int:
    """Messages taken and attempts made since the worker's start."""
    return int(state.all_total_count[0]) + _tries
