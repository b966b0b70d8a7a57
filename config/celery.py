"""Celery's configuration: what of it depends on the deployment, and why each value is what it is."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from kombu import Connection, Exchange, Queue

from config.redis_urls import Sentinels, tls
from config.settings import Settings

#: Bars, one message each. Scaled by adding workers.
AGGS = "aggs"
#: Snapshots and resets: a queue of their own, so that they never wait behind bars.
CLOCK = "clock"
#: Requests to sources of reference data, which may be slow.
REFERENCE = "reference"
#: Which URL kombu goes by after a failure, where it has those of several Sentinels: by each of them it asks all,
#: and none but the first has user and password.
FIRST_ALONE = "first alone"
#: What TLS does unless a URL says otherwise by name.
CHECKED = {"ssl_cert_reqs": "required", "ssl_check_hostname": True}


def _first_alone(urls: Iterable[str]) -> Iterator[str]:
    return itertools.repeat(next(iter(urls)))


# By a name, for workers tell whoever asks how they connect, and a function cannot be told.
Connection.failover_strategies[FIRST_ALONE] = _first_alone


def tls_options(url: str) -> dict[str, Any] | None:
    """How a broker's certificate is checked, by its URL; None where TLS is not spoken.

    Each connection of kombu's gets these: where a URL says ``rediss://`` and no more, kombu checks nothing.
    """
    if sentinels := Sentinels.parse(url):
        return sentinels.tls or None
    parts = urlsplit(url)
    if parts.scheme != "rediss":
        return None
    return CHECKED | tls(parts.query)


def sentinel_options(settings: Settings) -> dict[str, Any]:
    """The transport options that go with a broker's URL of Sentinels."""
    sentinels = Sentinels.parse(settings.celery_broker_url)
    if sentinels is None:
        return {}
    return {"master_name": settings.celery_broker_master, "sentinel_kwargs": sentinels.asking}


def configuration(settings: Settings) -> dict[str, Any]:
    """Celery's settings for this deployment."""
    restore_interval = max(1, settings.visibility_timeout // 4)
    return {
        "broker_url": settings.celery_broker_url,
        # For URLs that say nothing of it; and Flower takes them from here and not from the URL.
        "broker_use_ssl": tls_options(settings.celery_broker_url),
        "broker_connection_retry_on_startup": True,
        # A worker waits for its broker however long it is gone.
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            # A message that a lost worker held comes back after this long, looked for at a quarter of it.
            "visibility_timeout": settings.visibility_timeout,
            "unacked_restore_interval": restore_interval,
            "unacked_restore_throttle": 1,
            # Nobody else looks while one worker does, nor for so long after one that was killed while it did.
            "unacked_mutex_expire": restore_interval,
            # A broker that is gone without closing its connections is noticed.
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            **sentinel_options(settings),
        },
        "broker_failover_strategy": FIRST_ALONE,
        "task_queues": [
            Queue(name, Exchange(name, type="direct"), routing_key=name) for name in (AGGS, CLOCK, REFERENCE)
        ],
        "task_default_queue": AGGS,
        "task_default_exchange": AGGS,
        "task_default_routing_key": AGGS,
        "task_routes": {
            "tasks.process_agg": {"queue": AGGS},
            "tasks.publish_snapshot": {"queue": CLOCK},
            "tasks.reset_*": {"queue": CLOCK},
            "tasks.*_reference": {"queue": REFERENCE},
        },
        "task_create_missing_queues": False,
        # Of tasks/fastlane, not of Celery.
        "fast_lane": settings.fast_lane,
        "task_serializer": "json",
        "accept_content": ["json"],
        # Nobody waits for a result: the boards are the result.
        "task_ignore_result": True,
        "result_backend": None,
        # A bar is acknowledged when it is on the boards, and comes back when its worker dies before that.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        # In the fast lane as many as are conflated together; without a backlog fetches keep a few batches ahead.
        "worker_prefetch_multiplier": settings.prefetch_multiplier or (20_000 if settings.fast_lane else 16),
        # For --autoscale, which stock Celery's pools have; theirs goes by what the worker holds alone.
        "worker_autoscaler": "tasks.autoscale.pool_autoscaler:DepthAutoscaler",
        # For Flower, which sees the slow tasks; process_agg sends no events.
        "worker_send_task_events": True,
        # Keeps what is no task's message as a dead letter.
        "worker_consumer": "tasks.intake.consumer:ValidatingConsumer",
        "timezone": "America/New_York",
        "enable_utc": True,
        # Beat answers `celery inspect ping`, and no longer once its schedule has stalled for this many seconds.
        "beat_enable_remote_control": True,
        "beat_remote_control_max_tick_age": max(30, 3 * settings.publish_interval),
        # The schedule is fixed and every run of it harmless, so beat has nothing to remember in a file.
        "beat_scheduler": "celery.beat:Scheduler",
    }
