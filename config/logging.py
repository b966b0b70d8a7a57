"""Logging: one format for every process, and no line per event."""

import logging
import logging.config

from config.addresses import unchecked
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


def configure(settings: Settings) -> None:
    """Send all logging to standard error, as JSON lines or as text."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": "pythonjsonlogger.json.JsonFormatter",
                    "format": "%(asctime)s %(levelname)s %(name)s %(process)d %(message)s",
                    "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                },
                "text": {"format": "%(levelname)s %(name)s: %(message)s"},
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": settings.log_format}},
            "root": {"level": settings.log_level, "handlers": ["stderr"]},
            "loggers": {name: {"level": "WARNING"} for name in _ONLY_WARNINGS},
        }
    )
    for variable, url in (("REDIS_URL", settings.redis_url), ("CELERY_BROKER_URL", settings.celery_broker_url)):
        if option := unchecked(url):
            log.warning("%s says %s: a server whose certificate is not its own is believed", variable, option)
