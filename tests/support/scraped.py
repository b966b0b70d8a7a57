"""All that Prometheus scrapes."""

import re
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.redis_server import free_port
from tests.support.processes import Processes
from tests.support.watch.gateways import Gateway


class Scraped:
    """A gateway, Flower, a feed, a recorder and a notifier, with workers and beat behind them."""

    def __init__(self, folder: Path) -> None:
        self.processes = Processes(folder)
        # The hours are known by the wall clock only.
        self._gateway = Gateway(folder, MARKET_CLOCK="wall")
        self._flower = free_port()
        self.processes.start_worker("worker")
        self.processes.start_worker("clock", "--pool", "solo", queues="clock,reference")
        self.processes.beat("beat")
        command = ["celery", "-A", "tasks", "flower", f"--port={self._flower}", "--address=127.0.0.1"]
        self.processes.start("flower", *command)
        market = ["feeds", "synthetic", "--symbols", "50", "--rate", "50"]
        served = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": "0"}
        self.processes.start("feed", *market, **served)
        self.processes.start("recorder", "history", "record", HISTORY_DIR=str(folder / "history"), **served)
        # Nobody listens there, so that also attempts that fail are counted.
        self.processes.start("notifier", "watch", "notify", ALERT_URLS=f"json://127.0.0.1:{free_port()}", **served)
        self.processes.await_log("flower", "Visit me at")
        for name in ("feed", "recorder", "notifier"):
            self.processes.await_log(name, "metrics for Prometheus are at ")

    @property
    def targets(self) -> dict[str, str]:
        """Where the parts serve their metrics, by Prometheus's job."""
        return {
            "web": f"127.0.0.1:{self._gateway.port}",
            "flower": f"127.0.0.1:{self._flower}",
            "feed": self._logged("feed"),
            "recorder": self._logged("recorder"),
            "notifier": self._logged("notifier"),
        }

    def _logged(self, name: str) -> str:
        found = re.search(r"Prometheus are at http://(\S+)/metrics", self.processes.log(name))
        assert found
        return found[1]

    def served(self) -> dict[str, set[str]]:
        """The labels of each metric that is served."""
        found: dict[str, set[str]] = {}
        for target in self.targets.values():
            text = httpx.get(f"http://{target}/metrics", trust_env=False, timeout=20).text
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    found.setdefault(sample.name, set()).update(sample.labels)
        return found

    def stop(self) -> None:
        self.processes.stop()
        self._gateway.stop()
