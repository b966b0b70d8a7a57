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

    With each machine's own clock, a worker seconds ahead of beat would see every snapshot as expired, and a beat
    that is behind would reset late.
    """

    def now(self) -> datetime:
        return datetime.fromtimestamp(clock().now() / 1000, self.timezone)


@cache
def clock() -> Clock:
    """The clock by which this process schedules and expires tasks."""
    return Clock.from_settings(settings())


app = App("tasks", task_cls="tasks.redis_clock_task:RedisClockTask")
app.config_from_object(configuration(settings()))


@cache
def system() -> System:
    """The core, connected at its first use: in a worker after its processes are forked."""
    return System.from_settings(settings(), clock())
