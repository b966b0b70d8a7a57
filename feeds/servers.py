"""The two servers that a feed writes to. All methods raise :class:`FeedError` if their server fails."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date

from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from config.redact import redacted
from config.settings import settings
from feeds.errors import FeedError
from feeds.event_dict import EventDict
from leaderboard.reference import Reference
from leaderboard.sessions import Session
from leaderboard.system import System
from tasks import process_agg
from tasks.backlog import drained, waiting
from tasks.fastlane.sending.errors import SendError, UnencodableError


class Broker:
    """The queue of bars, behind Celery."""

    def send(self, events: Sequence[EventDict]) -> None:
        try:
            with _named("broker", settings().celery_broker_url):
                _delay_many(events)
        except FeedError as error:
            if not isinstance(failure := error.__cause__, SendError):
                raise
            doubt = f" {len(failure.doubtful):,} bars may or may not have been sent." if failure.doubtful else ""
            raise FeedError(f"{error}{doubt}", len(failure.sent)) from failure

    def depth(self) -> int:
        with _named("broker", settings().celery_broker_url):
            return waiting()

    def drained(self) -> bool:
        with _named("broker", settings().celery_broker_url):
            return drained()


def _delay_many(events: Sequence[EventDict]) -> None:
    try:
        process_agg.delay_many(events)
    except UnencodableError as error:
        raise FeedError(f"A bar cannot be sent: {error}.", len(error.sent)) from error


class Boards:
    """The Redis of the boards."""

    def __init__(self) -> None:
        self._system = System.from_settings(settings())

    def session(self) -> Session | None:
        """The session that the boards show; None before the first event."""
        with _named("boards' Redis", settings().redis_url):
            return self._system.session()

    def learn(self, day: date, answers: Mapping[str, Reference | None]) -> None:
        """Take in reference data for the trading day `day`."""
        with _named("boards' Redis", settings().redis_url):
            self._system.reference.learn(day, answers)


@contextmanager
def _named(what: str, url: str) -> Iterator[None]:
    try:
        yield
    except (KombuError, RedisError, OSError) as error:
        raise FeedError(f"The {what}, {redacted(url)}, failed: {str(error).rstrip('.')}.") from error
