"""Configures logging: one format for every process, and no line per event."""

import logging
import logging.config
from typing import Any

from opentelemetry.trace import get_current_span
from pythonjsonlogger.json import JsonFormatter

from config.control_characters import escape_controls, escape_controls_json
from config.log_throttle import LogThrottle
from config.redis_urls import certificate_check_disabled_by
from config.settings import Settings

log = logging.getLogger(__name__)

# Most of these log each task at INFO: here that is each bar, or each tick of the schedule.
_ONLY_WARNINGS = (
    "celery.worker.strategy",
    "celery.worker.request",
    "celery.app.trace",
    "celery.beat",
    "opentelemetry",
    # At DEBUG it logs what is sent, such as the API key of the market data service.
    "websockets",
    # At DEBUG it logs the paths of requests, which hold tokens of services that notify people.
    "urllib3",
)


#: Seconds between two lines about a collector that is away.
OUTAGE_INTERVAL = 600.0


class TextFormatter(logging.Formatter):
    """Text for people, safe against log injection: a message is one line, and a traceback's lines are indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        ids = "".join(f" {name}={value}" for name, value in _trace_ids().items())
        return escape_controls(super().formatMessage(record)) + ids

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        return _indented(super().formatStack(stack_info))


class JsonLineFormatter(JsonFormatter):
    """One JSON object per line, for machines."""

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        super().add_fields(log_data, record, message_dict)
        log_data.update(_trace_ids())

    def format(self, record: logging.LogRecord) -> str:
        return escape_controls_json(super().format(record))


def _indented(lines: str) -> str:
    return "\n".join(f"  {escape_controls(line)}" for line in lines.split("\n"))


class LibraryThrottle(logging.Filter):
    """Lets one line in ten minutes through about exporters of telemetry that fail: they log each attempt."""

    def __init__(self) -> None:
        super().__init__()
        self._throttle = LogThrottle(OUTAGE_INTERVAL)

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("opentelemetry."):
            return True
        is_exporters = record.name.startswith("opentelemetry.exporter.")
        return self._throttle.allows("exporter" if is_exporters else str(record.msg))


def _trace_ids() -> dict[str, str]:
    """The ids of the active span, by which a line is found from a trace; empty if there is none."""
    span = get_current_span().get_span_context()
    return {"trace_id": f"{span.trace_id:032x}", "span_id": f"{span.span_id:016x}"} if span.is_valid else {}


def configure(settings: Settings) -> None:
    """Send all logging to standard error, as JSON lines or as text."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": JsonLineFormatter,
                    "format": "%(asctime)s %(levelname)s %(name)s %(process)d %(message)s",
                    "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                },
                "text": {"()": TextFormatter, "format": "%(levelname)s %(name)s: %(message)s"},
            },
            "filters": {"libraries": {"()": LibraryThrottle}},
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": settings.log_format,
                    "filters": ["libraries"],
                }
            },
            "root": {"level": settings.log_level, "handlers": ["stderr"]},
            "loggers": {name: {"level": "WARNING"} for name in _ONLY_WARNINGS},
        }
    )
    for variable, url in (("REDIS_URL", settings.redis_url), ("CELERY_BROKER_URL", settings.celery_broker_url)):
        if option := certificate_check_disabled_by(url):
            log.warning("%s says %s: a server whose certificate is not its own is believed", variable, option)
