"""Logging: one format for every process, and no line per event."""

import logging
import logging.config
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from config.control_characters import escape_controls, escape_controls_json
from config.redis_urls import unchecked
from config.settings import Settings

log = logging.getLogger(__name__)

# Most would log every task, which here is every bar, or every tick of the schedule.
_ONLY_WARNINGS = (
    "celery.worker.strategy",
    "celery.worker.request",
    "celery.app.trace",
    "celery.beat",
    "opentelemetry",
    # It would log what is sent, and with it the key of the market data service.
    "websockets",
)


class OneLine(logging.Formatter):
    """Text for people. What comes from outside forges no line: a message is one, and those of a traceback are
    indented.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return escape_controls(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        return _indented(super().formatStack(stack_info))


class OneObject(JsonFormatter):
    """One JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        return escape_controls_json(super().format(record))


def _indented(lines: str) -> str:
    return "\n".join(f"  {escape_controls(line)}" for line in lines.split("\n"))


def configure(settings: Settings) -> None:
    """Send all logging to standard error, as JSON lines or as text."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": OneObject,
                    "format": "%(asctime)s %(levelname)s %(name)s %(process)d %(message)s",
                    "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                },
                "text": {"()": OneLine, "format": "%(levelname)s %(name)s: %(message)s"},
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": settings.log_format}},
            "root": {"level": settings.log_level, "handlers": ["stderr"]},
            "loggers": {name: {"level": "WARNING"} for name in _ONLY_WARNINGS},
        }
    )
    for variable, url in (("REDIS_URL", settings.redis_url), ("CELERY_BROKER_URL", settings.celery_broker_url)):
        if option := unchecked(url):
            log.warning("%s says %s: a server whose certificate is not its own is believed", variable, option)
