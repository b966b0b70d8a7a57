"""Screens and alerts as this process publishes them, after the boards."""

import logging
from functools import cache
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from config.log_throttle import LogThrottle
from config.settings import SHIPPED_ALERTS, SHIPPED_SCREENS, settings
from leaderboard.alerts import alerts_file
from leaderboard.alerts.rule import Rule
from leaderboard.connections.connection import connect_shards
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.screens import screens_file
from leaderboard.screens.screen import Screen
from tasks import metrics

if TYPE_CHECKING:
    from leaderboard.screens.publisher import ScreenPublisher

log = logging.getLogger(__name__)

_throttle = LogThrottle()


@cache
def watched() -> WatchedFile[Screen]:
    """The screens of ``SCREENS_FILE``.

    A clock worker reads them before its pool forks. A process that joins the pool later begins with those, even if
    the file has become wrong.

    Raises:
        DeclarationError: the file is wrong, or cannot be read.
    """
    return WatchedFile(settings().screens_file or SHIPPED_SCREENS, screens_file.load, "screens")


@cache
def watched_rules() -> WatchedFile[Rule]:
    """The rules of alerts of ``ALERTS_FILE``: see :func:`watched`.

    Raises:
        DeclarationError: the file is wrong, or cannot be read.
    """
    path = settings().alerts_file or SHIPPED_ALERTS
    # Only at start: a file that is read again may name a screen whose own file is written a moment later.
    alerts_file.load(path, [screen.name for screen in watched().current()])
    return WatchedFile(path, alerts_file.load, "alerts")


@cache
def publisher() -> "ScreenPublisher":
    """Publishes them; its table of the market is this process's."""
    # Imported here: it takes numpy, 25 MB, which workers of bars do without.
    from leaderboard.alerts.publisher import AlertPublisher
    from leaderboard.screens.publisher import ScreenPublisher

    # Without retries: boards and early bars do not wait for it, and the next slot makes up for a failure.
    shards = connect_shards(settings(), retries=False)
    interval = settings().publish_interval
    alerts = AlertPublisher(shards.first, watched_rules(), interval=interval)
    return ScreenPublisher(shards, watched(), interval=interval, alerts=alerts)


def prepare() -> None:
    """Read the market before the pool forks, whose processes then begin with it.

    A process that begins without it may need longer for its first slot than the slot lasts.
    """
    try:
        publisher().prepare()
    except (RedisError, InvalidValueError) as error:
        log.warning("the market was not read, which is left to the first slot: %s", error)


def publish() -> None:
    """Publish screens and alerts of this slot. Whatever fails is logged and counted, for the boards must go on."""
    with metrics.tracer.start_as_current_span("screens") as span:
        try:
            ticked = publisher().publish()
        except Exception as error:
            _report(error, "the screens were not published, which is retried with the next slot")
        else:
            span.set_attributes({"result": ticked.result, "screens": ticked.screens, "rows": ticked.rows})
            metrics.screens.add(ticked.screens)
            metrics.alerts.add(ticked.alerts)
            if ticked.alerts_error:
                _report(ticked.alerts_error, "the alerts of this second were not published")


def _report(error: Exception, consequence: str) -> None:
    metrics.record_error(error)
    if _throttle.allows(f"{type(error).__name__}: {error}"):
        log.error("%s: %s", consequence, error, exc_info=error)
