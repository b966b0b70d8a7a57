"""The Celery app, and the core as this process sees it."""

from functools import cache

from celery import Celery

from config.celery import configuration
from config.settings import settings
from leaderboard.system import System
from tasks.fastlane import transport

if settings().fast_lane:
    transport.install()

app = Celery("tasks")
app.config_from_object(configuration(settings()))


@cache
def system() -> System:
    """The core, connected at the first use, which in a worker is after the fork of its processes."""
    return System.from_settings(settings())
