"""Tells a container's probe or systemd that this worker works.

It beats if the worker has taken messages since the last check, or has tried to while its servers failed; if no
messages wait; and if the broker is away, as a restart would not help. So it stops if messages wait and the worker
hangs, or is connected but takes none, even if it answers to a ping.
"""

import logging
import threading
from collections.abc import Callable, Sequence

from celery import Celery
from celery.worker import state

from config import queue_depth
from config.heartbeat import INTERVAL

log = logging.getLogger(__name__)


class Heartbeat:
    """Beats from a thread of its own, which runs even if the event loop hangs.

    Args:
        app: whose broker.
        queues: those that the worker was started for, whether it still consumes them or not.
        beat: tells it: touches the probe's file, or notifies systemd.
        interval: seconds between two checks.
    """

    def __init__(
        self, app: Celery, queues: Sequence[str], beat: Callable[[], None], interval: float = INTERVAL
    ) -> None:
        self._app = app
        self._queues = queues
        self._beat = beat
        self._interval = interval
        self._seen = -1
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Beat once, and then in each interval.

        Raises:
            OSError: the file cannot be written, or systemd does not listen.
        """
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def check(self) -> None:
        """Beat, if the worker is well."""
        done = _done()
        if done != self._seen or self._nothing_waits():
            self._beat()
        self._seen = done

    def _run(self) -> None:
        while not self._stopped.wait(self._interval):
            try:
                self.check()
            except OSError as error:
                log.error("nobody could be told that this worker works: %s", error)

    def _nothing_waits(self) -> bool:
        """Whether the queues are empty, or the broker cannot be asked."""
        connection = self._app.connection_for_read(transport_options=queue_depth.OPTIONS)
        try:
            with connection:
                return not any(queue_depth.waiting(connection.default_channel, name) for name in self._queues)
        except queue_depth.broker_errors_of(connection):
            # The worker logs that itself.
            return True


def note_attempt() -> None:
    """Count an attempt that failed through no fault of the worker's, and will be retried."""
    global _tries
    _tries += 1


_tries = 0


def _done() -> int:
    """Messages taken and failed attempts since the worker's start."""
    return int(state.all_total_count[0]) + _tries
