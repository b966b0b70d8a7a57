"""The Celery app, and the core as this process sees it."""

from datetime import datetime
from functools import cache

from celery import Celery

from config.celery import configuration
from config.settings import settings
from leaderboard.clock import Clock
from leaderboard.system import System
from tasks.fastlane import transport

transport.install(fast=settings().fast_lane)


class App(Celery):
    """Celery by the clock of the boards' Redis.

    By each machine's own, a worker some seconds ahead of beat would take every snapshot for expired, and a beat
    that is behind would reset late.
    """

    def now(self) -> datetime:
        return datetime.fromtimestamp(clock().now() / 1000, self.timezone)


@cache
def clock() -> Clock:
    """The time by which this process sends, and lets expire, what is scheduled."""
    return Clock.from_settings(settings())


app = App("tasks", task_cls="tasks.redis_clock_task:RedisClockTask")
app.config_from_object(configuration(settings()))


@cache
def system() -> System:
    """The core, connected at the first use, which in a worker is after the fork of its processes."""
    return System.from_settings(settings(), clock())
