"""The recorder: of any number of processes, one takes the tape to disk."""

import logging
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
from redis import Redis
from redis.exceptions import RedisError

from history.archive.pruning import prune
from history.errors import HistoryError
from history.profiles.nightly import nightly_profiles
from history.recorder.base import BaseError
from history.recorder.folder import only_writer
from history.recorder.merging_thread import merging
from history.recorder.status import Status
from history.recorder.tape_to_archive import TapeToArchive
from leaderboard import keys
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.reference.lease import lease, renew
from leaderboard.shards import Shards
from leaderboard.tape.entries import InvalidEntryError

log = logging.getLogger(__name__)

#: Seconds after which another recorder takes over from one that has died.
LEASE = 10.0
#: Seconds between two attempts, and between two looks whether another one still records.
RETRY, WAIT = 3.0, 1.0

_FAILURES = (RedisError, OSError, duckdb.Error, HistoryError, BaseError, InvalidEntryError, InvalidValueError)


class Recorder:
    """Records while it holds the lease, and waits for it otherwise. Failed attempts are retried.

    Args:
        shards: the servers of the boards.
        history: the folder of all days.
        status: counts what is recorded and what fails, for metrics and the doctor.
        keep: days that are kept; None: all.
        heartbeat: a file that is touched every few seconds, for a container's probe; None: none.
    """

    def __init__(
        self,
        shards: Shards[Redis],
        history: Path,
        status: Status,
        keep: int | None = None,
        heartbeat: Path | None = None,
    ) -> None:
        self._shards = shards
        self._redis = shards.first
        self._history = history
        self._status = status
        self._keep = keep
        self._heartbeat = heartbeat

    def run(self, stop: threading.Event) -> None:
        """Record until `stop` is set; then what was read is on disk."""
        while not stop.is_set():
            try:
                self._beat()
                with lease(self._redis, keys.RECORDER_LEASE, LEASE) as lock:
                    if lock:
                        self._record(lambda: renew(lock), stop)
                    else:
                        self._status.waits()
            except _FAILURES as error:
                self._status.failed(error)
                self._report()
                stop.wait(RETRY)
            finally:
                self._status.is_recording = False
            stop.wait(WAIT)

    def _record(self, renew_lease: Callable[[], bool], stop: threading.Event) -> None:
        with only_writer(self._history), merging(self._history), nightly_profiles():
            self._status.is_recording = True
            taking = TapeToArchive(self._shards, self._history, self._status)
            taking.begin()
            log.info("recording into %s", self._history)
            day = None
            while renew_lease():
                self._report()
                self._beat()
                taking.step(stop, renew_lease)
                self._status.succeeded()
                if stop.is_set():
                    return
                if taking.day != day:
                    day = taking.day
                    self._prune(day)
            log.warning("the lease was lost: another recorder has taken over, or Redis lost its data")

    def _prune(self, recorded: date | None) -> None:
        if not self._keep:
            return
        try:
            for removed in prune(self._history, self._keep, recorded=recorded):
                log.info("the history of %s was removed", removed)
        except OSError as error:
            # Recording goes on. It is retried on the next day.
            log.error("old days could not be removed: %s", error)

    def _beat(self) -> None:
        if self._heartbeat:
            self._heartbeat.touch()

    def _report(self) -> None:
        try:
            self._status.report(self._redis)
        except RedisError as error:
            log.debug("the recorder's report could not be stored: %s", error)
