"""Prometheus as an operator runs it: it scrapes the system, and tells that the workers were killed."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from deploy.monitoring import panels
from deploy.monitoring.alarms import ALARMS
from deploy.monitoring.ask import answer
from deploy.redis_server import free_port
from tests.support.checkout import CHECKOUT
from tests.support.scraped import Scraped
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="needs Debian's package prometheus")

MONITORING = CHECKOUT / "deploy" / "monitoring"
#: What the configuration has `make run` serve, by job.
TARGETS = {
    "web": "127.0.0.1:8000",
    "feed": "127.0.0.1:9464",
    "recorder": "127.0.0.1:9465",
    "notifier": "127.0.0.1:9466",
    "flower": "127.0.0.1:5555",
}


class Prometheus:
    """Prometheus on a configuration of ours, with other ports."""

    def __init__(self, folder: Path, targets: dict[str, str]) -> None:
        shutil.copytree(MONITORING / "rules", folder / "rules")
        text = (MONITORING / "prometheus.yml").read_text()
        for job, target in TARGETS.items():
            assert target in text
            text = text.replace(target, targets[job])
        (folder / "prometheus.yml").write_text(text)
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
        with (folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen([*command, f"--web.listen-address={address}"], stdout=log, stderr=log)
        eventually(self._is_ready)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def ask(self, path: str) -> Any:
        return httpx.get(f"{self.url}/api/v1/{path}", trust_env=False).json()["data"]

    def alerts(self) -> dict[str, dict[str, Any]]:
        """The alarms that fire, by name."""
        return {
            alert["labels"]["alertname"]: alert
            for alert in self.ask("alerts")["alerts"]
            if alert["state"] == "firing"
        }

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


@pytest.fixture
def scraped(redis: Redis, tmp_path: Path) -> Iterator[Scraped]:
    # As in production, the memory has a limit.
    redis.config_set("maxmemory", "2gb")
    started = Scraped(tmp_path)
    yield started
    started.stop()
    redis.config_set("maxmemory", 0)


@pytest.fixture
def prometheus(scraped: Scraped, tmp_path: Path) -> Iterator[Prometheus]:
    started = Prometheus(tmp_path, scraped.targets)
    yield started
    started.stop()


def test_a_killed_worker_is_told(scraped: Scraped, prometheus: Prometheus) -> None:
    # Given a system that Prometheus scrapes
    def healthy() -> dict[str, str]:
        return {each["labels"]["job"]: each["health"] for each in prometheus.ask("targets")["activeTargets"]}

    eventually(lambda: healthy() == dict.fromkeys(TARGETS, "up"), what="all targets up")
    rules = [rule["name"] for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert sorted(rules) == sorted(ALARMS)

    # Then each query of the dashboard is answered by data, but for alarms that do not fire
    def unanswered() -> set[str]:
        return {name for name, query in panels.expressions() if not answer(prometheus.url, query)}

    eventually(lambda: unanswered() <= {"Alarms"}, what="data for every query")
    assert "WorkersGone" not in prometheus.alerts()

    # When the only worker is killed
    scraped.processes.signal("worker", signal.SIGKILL)

    # Then its alarm fires, and tells what to do
    eventually(lambda: "WorkersGone" in prometheus.alerts(), what="the alarm")
    told = prometheus.alerts()["WorkersGone"]["annotations"]
    assert told["description"].startswith("0 workers of bars answer.")
    assert told["runbook_url"] == "docs/operations/alarms.md#workersgone"

    # And it is over when there is a worker again
    scraped.processes.worker("another")
    eventually(lambda: "WorkersGone" not in prometheus.alerts(), what="the end of the alarm")
