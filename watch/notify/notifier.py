"""The notifier: of any number of processes, one sends alerts."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from config.log_throttle import LogThrottle
from leaderboard import keys
from leaderboard.reference.lease import lease, renew
from watch.notify.delivery import Delivery, Pace
from watch.notify.status import Status
from watch.notify.target import TIMEOUT, Target

log = logging.getLogger(__name__)

#: Seconds after which another notifier takes over from one that has died, and between two renewals.
LEASE, RENEWAL = 10.0, 2.0
#: Seconds between two attempts, and between two looks whether another one still sends.
RETRY, WAIT = 3.0, 1.0


class Notifier:
    """Sends alerts while it holds the lease, and waits for it otherwise.

    Args:
        redis: the Redis of the boards.
        targets: where alerts go. If there is none, it says so and only waits: one that ends would be started
            again and again.
        status: counts what is sent and what fails, for metrics and the doctor.
        pace: how alerts are sent.
        heartbeat: a file that is touched every few seconds, for a container's probe; None: none.
    """

    def __init__(
        self,
        redis: Redis,
        targets: Sequence[Target],
        status: Status,
        pace: Pace,
        heartbeat: Path | None = None,
    ) -> None:
        self._redis = redis
        self._targets = targets
        self._status = status
        self._pace = pace
        self._heartbeat = heartbeat
        self._throttle = LogThrottle()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set.

        Raises:
            RuntimeError: a delivery has ended, which none should.
        """
        if not self._targets:
            log.warning("ALERT_URLS is not set, so alerts are sent nowhere: set it, and start the notifier again")
            while not stop.wait(RENEWAL):
                self._beat()
            return
        while not stop.is_set():
            try:
                self._beat()
                with lease(self._redis, keys.NOTIFIER_LEASE, LEASE) as lock:
                    if lock:
                        self._send(lambda: renew(lock), stop)
            except RedisError as error:
                if self._throttle.allows("redis"):
                    log.error("alerts cannot be read, and wait: %s", error)
                stop.wait(RETRY)
            stop.wait(WAIT)

    def _send(self, renew_lease: Callable[[], bool], stop: threading.Event) -> None:
        with self._deliveries() as threads:
            log.info("sending alerts to %s", ", ".join(target.name for target in self._targets))
            while renew_lease():
                self._throttle.over()
                self._beat()
                self._status.report(self._redis)
                if stop.wait(RENEWAL):
                    return
                if not all(thread.is_alive() for thread in threads):
                    raise RuntimeError("a delivery of alerts has ended")
        log.warning("the lease was lost: another notifier has taken over, or Redis lost its data")

    @contextmanager
    def _deliveries(self) -> Iterator[list[threading.Thread]]:
        """The targets' deliveries at work. At the end each finishes the message that it sends."""
        end = threading.Event()
        deliveries = [
            Delivery(self._redis, target, status, self._pace)
            for target, status in zip(self._targets, self._status.targets, strict=True)
        ]
        # Daemons, so that a service that never answers does not keep a process that is stopped.
        threads = [threading.Thread(target=each.run, args=[end], daemon=True) for each in deliveries]
        self._status.is_sending = True
        for thread in threads:
            thread.start()
        try:
            yield threads
        finally:
            self._status.is_sending = False
            end.set()
            for thread in threads:
                thread.join(TIMEOUT)

    def _beat(self) -> None:
        if self._heartbeat:
            self._heartbeat.touch()
