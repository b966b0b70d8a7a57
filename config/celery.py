"""Celery's configuration, and why each value is what it is."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from kombu import Connection, Exchange, Queue

from config.redis_urls import Sentinels, tls
from config.settings import Settings

#: Bars, one message each. Scaled by adding workers.
AGGS = "aggs"
#: Snapshots and resets, in a queue of their own so that they never wait behind bars.
CLOCK = "clock"
#: Requests to sources of reference data, which may be slow.
REFERENCE = "reference"
#: All queues.
QUEUES = (AGGS, CLOCK, REFERENCE)
#: The failover strategy for the URLs of several Sentinels. Kombu tries the first one only: it asks all Sentinels,
#: and only the first URL has user and password.
FIRST_ALONE = "first alone"
#: What TLS checks unless a URL says otherwise.
CHECKED = {"ssl_cert_reqs": "required", "ssl_check_hostname": True}


def _first_alone(urls: Iterable[str]) -> Iterator[str]:
    return itertools.repeat(next(iter(urls)))


# By name: workers answer inspect with their connection's options, and a function cannot be serialized.
Connection.failover_strategies[FIRST_ALONE] = _first_alone


def tls_options(url: str) -> dict[str, Any] | None:
    """How a broker's certificate is checked, from its URL; None without TLS.

    All connections of kombu's get these, as kombu checks nothing if a URL is ``rediss://`` without options.
    """
    if sentinels := Sentinels.parse(url):
        return sentinels.tls or None
    parts = urlsplit(url)
    if parts.scheme != "rediss":
        return None
    return CHECKED | tls(parts.query)


def sentinel_options(settings: Settings) -> dict[str, Any]:
    """The transport options for a broker behind Sentinels; empty for any other."""
    sentinels = Sentinels.parse(settings.celery_broker_url)
    if sentinels is None:
        return {}
    return {"master_name": settings.celery_broker_master, "sentinel_kwargs": sentinels.sentinel_arguments}


def configuration(settings: Settings) -> dict[str, Any]:
    """Celery's settings for this deployment."""
    return {
        **_broker(settings),
        **_queues(),
        **_MESSAGES,
        **_worker(settings),
        **_beat(settings),
        # Read by tasks/fastlane, not by Celery.
        "fast_lane": settings.fast_lane,
        "timezone": "America/New_York",
        "enable_utc": True,
    }


def _broker(settings: Settings) -> dict[str, Any]:
    restore_interval = max(1, settings.visibility_timeout // 4)
    return {
        "broker_url": settings.celery_broker_url,
        # Also for URLs that do not mention it, and for Flower, which does not read it from the URL.
        "broker_use_ssl": tls_options(settings.celery_broker_url),
        "broker_connection_retry_on_startup": True,
        # A worker waits for its broker without limit.
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            # A lost worker's messages are redelivered after this time; workers check four times as often.
            "visibility_timeout": settings.visibility_timeout,
            "unacked_restore_interval": restore_interval,
            "unacked_restore_throttle": 1,
            # One worker checks at a time. If it is killed meanwhile, the next check waits this long.
            "unacked_mutex_expire": restore_interval,
            # A broker that goes away without closing its connections is noticed.
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            **sentinel_options(settings),
        },
        "broker_failover_strategy": FIRST_ALONE,
    }


def _queues() -> dict[str, Any]:
    return {
        "task_queues": [Queue(name, Exchange(name, type="direct"), routing_key=name) for name in QUEUES],
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
    }


_MESSAGES: dict[str, Any] = {
    "task_serializer": "json",
    "accept_content": ["json"],
    # The boards are the result: nobody waits for another one.
    "task_ignore_result": True,
    "result_backend": None,
    # A bar is acknowledged once it is on the boards, and redelivered if its worker dies before.
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
}


def _worker(settings: Settings) -> dict[str, Any]:
    return {
        # In the fast lane as many as are conflated together; without a backlog it prefetches a few batches only.
        "worker_prefetch_multiplier": settings.prefetch_multiplier or (20_000 if settings.fast_lane else 16),
        # For --autoscale of stock Celery's pools: Celery's own counts only what the worker has prefetched.
        "worker_autoscaler": "tasks.autoscale.pool_autoscaler:DepthAutoscaler",
        # For Flower. Bars send none, and their worker reports them in its own way: tasks/bar_reports.
        "worker_send_task_events": True,
        # Dead-letters invalid messages.
        "worker_consumer": "tasks.intake.consumer:ValidatingConsumer",
    }


def _beat(settings: Settings) -> dict[str, Any]:
    return {
        # Beat answers `celery inspect ping` until its schedule has stalled for this many seconds.
        "beat_enable_remote_control": True,
        "beat_remote_control_max_tick_age": max(30, 3 * settings.publish_interval),
        # It keeps no file: the schedule is fixed, and each task of it is idempotent.
        "beat_scheduler": "celery.beat:Scheduler",
    }
