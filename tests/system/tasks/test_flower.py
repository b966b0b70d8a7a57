"""Flower as operators meet it: a real one, with forged events, a queue without its worker, and other names."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from celery import Celery
from celery.events.event import get_exchange
from redis import Redis

from config.celery import AGGS, CLOCK, REFERENCE
from config.settings import settings
from deploy.redis_server import free_port
from tests.support.flower_events import HEARTBEAT, STARTED
from tests.support.processes import Processes
from tests.support.waiting import eventually

WRONG = [
    "x",
    "",
    None,
    [],
    {},
    -1,
    float("nan"),
    float("inf"),
    1e300,
    10**400,
    True,
    ["x"],
    {"x": 1},
    "x" * 20_000,
]


@pytest.fixture
def flower(processes: Processes, broker: Redis) -> Callable[..., httpx.Client]:
    """Starts a Flower and waits until it answers and hears events."""

    def start(*options: str, **environment: str) -> httpx.Client:
        port = free_port()
        command = ["celery", "-A", "tasks", "flower", f"--port={port}", "--address=127.0.0.1", *options]
        processes.start("flower", *command, **environment)
        processes.await_log("flower", "Visit me at")
        eventually(lambda: broker.pubsub_numpat() > 0 or broker.pubsub_channels("*celeryev*"))
        return httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20)

    return start


class Worker:
    """A client that may publish events."""

    def __init__(self, client: Celery) -> None:
        self._client = client

    def tell(self, *events: Any) -> None:
        with self._client.connection() as connection, connection.Producer() as producer:
            exchange = get_exchange(connection)
            for event in events:
                group, _, kind = str(event.get("type", "")).partition("-") if isinstance(event, dict) else "x-y"
                producer.publish(
                    event, exchange=exchange, declare=[exchange], routing_key=f"{group}.{kind}", serializer="json"
                )


def forged(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The event with each field, and some others, set to each wrong value, and with a sender of its own."""
    fields = [*event, "heartbeats", "event", "alive", "local_received", "state", "children", "eta", "args"]
    return [
        event | {"hostname": f"forged{n}-{name}@machine"} | {name: wrong}
        for name in fields
        for n, wrong in enumerate(WRONG)
    ]


def test_forged_events_leave_every_page_standing(
    flower: Callable[..., httpx.Client], client: Celery, processes: Processes
) -> None:
    # Given a Flower
    pages = flower()
    worker = Worker(client)
    # When events come whose numbers are none, and messages that are no events
    worker.tell(*forged(HEARTBEAT), *forged(STARTED), [], 17, "event", {}, [HEARTBEAT | {"freq": "x"}, 3])
    broker = Redis.from_url(settings().celery_broker_url)
    for junk in ("junk", "17", "{}", json.dumps({"body": "x", "properties": {}, "headers": {}})):
        broker.publish("/1.celeryev/worker.heartbeat", junk)
    # Then the next worker's is still heard
    worker.tell(HEARTBEAT | {"hostname": "late@machine"}, STARTED | {"hostname": "late@machine", "uuid": "late"})
    eventually(lambda: "late@machine" in pages.get("/workers").text, seconds=20)
    # And every page is shown
    for page in ("/", "/workers?json=1", "/tasks", "/task/late", "/broker", "/metrics"):
        assert pages.get(page).status_code == 200, page
    rows = {
        row["hostname"]: row
        for row in pages.get("/workers", params={"json": "1"}).json()["data"]
        if row["hostname"] == "late@machine"
    }
    assert rows["late@machine"]["loadavg"] == [0.5, 0.25, 1]
    # And what was refused is counted, and logged in one line
    assert float(pages.get("/metrics").text.split("\nflower_refused_total ")[1].split()[0]) > 100
    assert processes.log("flower").count("events or answers; the last") == 1
    assert "Failed to capture" not in processes.log("flower")


def test_a_start_without_workers_is_told_as_such(processes: Processes) -> None:
    # Given Flower before any worker
    command = ("celery", "-A", "tasks", "flower", "--address=127.0.0.1", f"--port={free_port()}")
    processes.start("flower", *command)

    # Then its log says that nobody answered, and not that something failed
    processes.await_log("flower", "no worker answered when asked for its stats")
    assert "failed" not in processes.log("flower")


def test_all_queues_are_shown_though_their_worker_was_never_met(
    flower: Callable[..., httpx.Client], processes: Processes, broker: Redis
) -> None:
    # Given a worker of bars, and calls that wait for a clock worker, of which there is none
    processes.worker("worker")
    broker.lpush(CLOCK, *["call"] * 19)
    pages = flower()
    # When Flower has met the worker
    eventually(lambda: "worker@" in pages.get("/workers").text)
    eventually(lambda: pages.get(f"/worker/{_name(pages)}").status_code == 200)
    # Then its Broker page has all three queues all the same
    lengths = pages.get("/broker").text
    for queue in (AGGS, CLOCK, REFERENCE):
        assert queue in lengths
    assert "19" in lengths.split(CLOCK, 1)[1]
    # And what the worker answered was taken
    assert "rejected" not in processes.log("flower")
    # And a key of another type hides none of them
    broker.sadd(REFERENCE, "junk")
    lengths = pages.get("/broker").text
    assert all(queue in lengths for queue in (AGGS, CLOCK, REFERENCE))
    assert "19" in lengths.split(CLOCK, 1)[1]


def _name(pages: httpx.Client) -> str:
    return str(pages.get("/workers", params={"json": "1"}).json()["data"][0]["hostname"])


def test_without_a_login_it_answers_to_this_machines_names(flower: Callable[..., httpx.Client]) -> None:
    # Given a Flower without a login
    pages = flower()
    paths = ["/", "/api/workers", "/static/css/flower.css", "/metrics", "/task/healthcheck"]

    def refused(host: str) -> list[bool]:
        return [pages.get(path, headers={"Host": host}).status_code == 421 for path in paths]

    # Then it answers to this machine's names, and to no other, whatever is asked for
    for host in ("127.0.0.1:5555", "localhost", "[::1]:5555"):
        assert refused(host) == [False] * 5, host
    for host in ("evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "10.0.0.1"):
        assert refused(host) == [True] * 5, host
        # But to a probe, which asks by whatever address a pod has
        assert pages.get("/healthcheck", headers={"Host": host}).text == "OK"
    said = pages.get("/", headers={"Host": "evil.example"}).text
    assert said == "Flower does not answer to the name 'evil.example'; see FLOWER_HOSTS.\n"
