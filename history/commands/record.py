"""``python -m history record``: takes the tape to disk."""

import signal
import threading
from typing import Annotated, Any

import typer

from config import logging, telemetry
from config.settings import settings
from history.errors import HistoryError
from history.recorded_days import history_folder
from history.recorder import metrics
from history.recorder.recorder import Recorder
from history.recorder.status import Status
from leaderboard.connections.connection import connect_shards


def record(
    keep: Annotated[
        int | None, typer.Option(min=1, help="Days that are kept; older ones are removed. Unset: all.")
    ] = None,
) -> None:
    """Record every bar and what was published into HISTORY_DIR, until it is stopped.

    A second recorder waits, and takes over when the first one is gone.
    """
    stop = threading.Event()

    def stopped(*_: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stopped)
    signal.signal(signal.SIGINT, stopped)
    folder = history_folder()
    logging.configure(settings())
    status = Status(folder)
    metrics.observe(status)
    try:
        telemetry.start_metrics("recorder", prometheus=True)
    except telemetry.WrongVariableError as error:
        raise HistoryError(str(error)) from error
    Recorder(connect_shards(settings()), folder, status, keep, settings().heartbeat_file).run(stop)
