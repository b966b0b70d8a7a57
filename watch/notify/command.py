"""``python -m watch notify``."""

import signal
import threading
from typing import Any

from config import telemetry
from config.settings import Settings
from leaderboard.connections.connection import connect
from watch.notify import metrics
from watch.notify.delivery import Pace
from watch.notify.notifier import Notifier
from watch.notify.status import Status
from watch.notify.target import targets_of


def notify(settings: Settings) -> None:
    """Send alerts until SIGINT or SIGTERM.

    Raises:
        TargetError: a URL is of no service.
        WrongVariableError: a variable of OpenTelemetry has a wrong value.
    """
    stop = threading.Event()

    def stopped(*_: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stopped)
    signal.signal(signal.SIGINT, stopped)
    targets = targets_of(settings.alert_urls)
    status = Status([target.name for target in targets])
    metrics.observe(status)
    telemetry.start_metrics("notifier", prometheus=True)
    redis = connect(settings.redis_url, settings.redis_master)
    pace = Pace(settings.alert_interval, settings.alert_max_age)
    Notifier(redis, targets, status, pace, settings.heartbeat_file).run(stop)
