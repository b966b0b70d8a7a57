"""What Prometheus is served by each feed."""

import re
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest
from redis import Redis

from tests.support.feeds.flat_files import line, written
from tests.support.market import at
from tests.support.massive.stream import KEY, MassiveServer
from tests.support.processes import Processes
from tests.support.waiting import eventually

#: Any free port: the log tells which.
SERVED = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": "0"}
SYNTHETIC = ("feeds", "synthetic", "--symbols", "20", "--rate", "20")


def scraped(processes: Processes, name: str) -> dict[str, float]:
    """The feeds' metrics, as Prometheus would read them."""
    processes.await_log(name, "metrics for Prometheus are at ")
    found = re.search(r"Prometheus are at (\S+/metrics)", processes.log(name))
    assert found
    text = httpx.get(found[1], trust_env=False).text
    samples = (each.rsplit(" ", 1) for each in text.splitlines() if each.startswith("lba_feed_"))
    return {name: float(value) for name, value in samples}


def test_a_replay_serves_prometheus(processes: Processes, redis: Redis, tmp_path: Path) -> None:
    # Given a replay of two bars, the second of which is due ten minutes after the first
    path = written(tmp_path, line("A", at("09:30:00")), line("A", at("09:40:00")))
    processes.start("feed", "feeds", "replay", str(path), "--speed", "1", **SERVED)
    # When its first bar was sent, then Prometheus reads exactly these
    sent = {
        "lba_feed_lag_seconds": 0.0,
        "lba_feed_pending": 0.0,
        "lba_feed_connected": 1.0,
        "lba_feed_sent_total": 1.0,
        "lba_feed_losses_total": 0.0,
    }
    eventually(lambda: scraped(processes, "feed") == sent, what=str(sent))


def test_the_live_feed_serves_prometheus(processes: Processes, redis: Redis) -> None:
    # Given a live feed
    with MassiveServer() as server:
        service = {"MASSIVE_API_KEY": KEY, "MASSIVE_SOCKET_URL": server.url}
        processes.start("feed", "feeds", "massive", **service, **SERVED)
        server.await_subscribers()
        # When it has received two bars, and its connection is lost
        now = int(time.time() * 1000)
        server.publish(*({"ev": "A", "sym": symbol, "c": 1, "s": now - 1000, "e": now} for symbol in "AB"))
        server.send('[{"ev":"LULD"}]')
        eventually(lambda: scraped(processes, "feed")["lba_feed_sent_total"] == 2)
        server.drop()
        # Then Prometheus reads so, and what only this feed has
        eventually(lambda: scraped(processes, "feed")["lba_feed_losses_total"] == 1)
        eventually(lambda: scraped(processes, "feed")["lba_feed_connected"] == 1)
        read = scraped(processes, "feed")
        assert read["lba_feed_lag_seconds"] > 0
        assert read["lba_feed_pending"] == 0
        assert read['lba_feed_events_total{type="LULD"}'] == 1
        assert read["lba_feed_malformed_total"] == 0


def test_a_taken_port_stops_no_market(processes: Processes, broker: Redis) -> None:
    # Given a port that somebody else listens on
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        # When a market is to serve Prometheus there
        processes.start("feed", *SYNTHETIC, **SERVED | {"OTEL_EXPORTER_PROMETHEUS_PORT": port})
        # Then the log names the variables, once, and its bars are sent
        eventually(lambda: broker.llen("aggs") > 0)
    (complaint,) = [each for each in processes.log("feed").splitlines() if "no metrics for Prometheus" in each]
    assert f"OTEL_EXPORTER_PROMETHEUS_PORT={port} cannot be used: [Errno 98] Address already in use" in complaint
    assert "Traceback" not in processes.log("feed")
    # And it stops as others do
    processes.signal("feed", signal.SIGTERM)
    processes.await_end("feed", 10)


@pytest.mark.parametrize("port", ["http", "65536", "-1"])
def test_a_wrong_port_ends_a_feed_with_a_sentence(processes: Processes, redis: Redis, port: str) -> None:
    # When a market is to serve Prometheus on what is no port
    market = processes.run(*SYNTHETIC, environment=SERVED | {"OTEL_EXPORTER_PROMETHEUS_PORT": port})
    # Then it does not start, and says why
    assert market.returncode == 1
    assert market.stderr.startswith(f"OTEL_EXPORTER_PROMETHEUS_PORT is '{port}': it must be a port, 0 to 65535.")
    assert market.stderr.count("\n") == 1
