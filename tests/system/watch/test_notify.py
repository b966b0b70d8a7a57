"""``python -m watch notify`` as a process: what it says, what it sends, and what it never shows."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from leaderboard import keys
from tests.support.alerts import alert, fire
from tests.support.processes import Processes
from tests.support.waiting import eventually
from tests.support.webhook import Webhook

NAME = "notifier"
#: Of the webhook's URL.
SECRETS = ("open-sesame", "private-path")


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    started = Webhook()
    yield started
    started.stop()


def start(processes: Processes, webhook: Webhook, **environment: str) -> None:
    """Start a notifier that sends what fires from now on."""
    processes.start(NAME, "watch", "notify", ALERT_URLS=webhook.url, ALERT_INTERVAL="0", **environment)
    processes.await_log(NAME, "from now on")


def fire_now(redis: Redis, symbol: str) -> None:
    seconds, microseconds = redis.time()
    fire(redis, alert(symbol, at=seconds * 1000 + microseconds // 1000))


def symbols(webhook: Webhook) -> list[str]:
    return [message["title"].partition(":")[0] for message in webhook.messages]


def test_alerts_are_sent_counted_and_nothing_secret_is_shown(
    processes: Processes, redis: Redis, webhook: Webhook
) -> None:
    # Given a notifier that logs all it can, and serves its metrics
    served = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": "0"}
    start(processes, webhook, LOG_LEVEL="DEBUG", LOG_FORMAT="text", **served)
    # When alerts fire, and the service is away for a while
    fire_now(redis, "A")
    eventually(lambda: symbols(webhook) == ["A"])
    webhook.stop()
    fire_now(redis, "B")
    processes.await_log(NAME, "alerts cannot be sent to 1 JSON, and wait: ")
    webhook.start()
    # Then all are sent
    eventually(lambda: symbols(webhook) == ["A", "B"])
    processes.await_log(NAME, "alerts are sent to 1 JSON again")
    [at] = [line for line in processes.log(NAME).splitlines() if "for Prometheus are at" in line]
    metrics = httpx.get(at.split()[-1], trust_env=False, timeout=20).text
    assert 'lba_notifier_sent_total{target="1 JSON"} 2.0' in metrics
    assert 'lba_notifier_age_seconds{target="1 JSON"} 0.0' in metrics
    # And it ends at once when it is asked to, having shown no secret
    processes.signal(NAME, signal.SIGTERM)
    processes.await_end(NAME, 15)
    log = processes.log(NAME)
    assert not [secret for secret in SECRETS if secret in log + metrics]
    assert "Traceback" not in log


def test_no_alert_is_lost_by_killed_notifiers(processes: Processes, redis: Redis, webhook: Webhook) -> None:
    start(processes, webhook)
    fired = []
    for n in range(3):
        # When alerts fire, a notifier is killed among them, and another one starts
        for letter in "AB":
            fired.append(f"{letter}{n}")
            fire_now(redis, fired[-1])
        processes.signal(NAME, signal.SIGKILL)
        processes.await_end(NAME)
        # As its lease would expire in ten seconds
        redis.delete(keys.NOTIFIER_LEASE)
        fired.append(f"C{n}")
        fire_now(redis, fired[-1])
        processes.start(NAME, "watch", "notify", ALERT_URLS=webhook.url, ALERT_INTERVAL="0")
    # Then each was sent at least once
    eventually(lambda: all(symbol in str(webhook.messages) for symbol in fired))


@pytest.mark.parametrize(
    ("urls", "says"),
    [
        ("json://host tgramm://SECRET/1", "ALERT_URLS: the URL in place 2, which begins with tgramm://, is of no"),
        ("SECRET", "Wrong setting ALERT_URLS: what stands in place 1 is no URL of a service, like ntfy://TOPIC"),
    ],
)
def test_a_wrong_url_stops_it_with_a_sentence(processes: Processes, urls: str, says: str) -> None:
    ended = processes.run("watch", "notify", environment={"ALERT_URLS": urls})

    assert ended.returncode == 1
    assert ended.stderr.startswith(says)
    assert len(ended.stderr.splitlines()) == 1
    assert "SECRET" not in ended.stdout + ended.stderr


def test_without_urls_it_says_so_and_waits(processes: Processes, redis: Redis, tmp_path: Path) -> None:
    processes.start(NAME, "watch", "notify", HEARTBEAT_FILE=str(tmp_path / "heartbeat"))

    processes.await_log(NAME, "ALERT_URLS is not set")
    eventually((tmp_path / "heartbeat").exists)
    assert processes.alive(NAME)
    processes.signal(NAME, signal.SIGTERM)
    processes.await_end(NAME, 15)
