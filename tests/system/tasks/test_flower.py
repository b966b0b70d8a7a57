"""Flower as operators meet it: a real one, with forged events, a queue without its worker, and other names."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
from celery import Celery
from celery.events.event import get_exchange
from redis import Redis

from config.celery import AGGS, CLOCK, REFERENCE
from config.settings import settings
from tests.support.flower_events import BARS, HEARTBEAT, STARTED
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
    worker.tell(
        *forged(HEARTBEAT), *forged(STARTED), *forged(BARS), [], 17, "event", {}, [HEARTBEAT | {"freq": "x"}, 3]
    )
    broker = Redis.from_url(settings().celery_broker_url)
    for junk in ("junk", "17", "{}", json.dumps({"body": "x", "properties": {}, "headers": {}})):
        broker.publish("/1.celeryev/worker.heartbeat", junk)
    # Then the next worker's is still heard. It sends again, as workers do: what came in one piece with the junk is
    # read with the next message.
    late = {"hostname": "late@machine"}

    def is_heard() -> bool:
        worker.tell(HEARTBEAT | late, STARTED | late | {"uuid": "late"}, BARS | late)
        return "late@machine" in pages.get("/workers").text and pages.get("/task/late").status_code == 200

    eventually(is_heard)
    # And every page is shown
    for page in ("/", "/workers?json=1", "/tasks", "/task/late", "/broker", "/metrics"):
        assert pages.get(page).status_code == 200, page
    rows = {
        row["hostname"]: row
        for row in pages.get("/workers", params={"json": "1"}).json()["data"]
        if row["hostname"] == "late@machine"
    }
    assert rows["late@machine"]["loadavg"] == [0.5, 0.25, 1]
    assert rows["late@machine"]["task-received"] == 1_000_003
    # And what was refused is counted, and logged in one line
    assert float(pages.get("/metrics").text.split("\nflower_refused_total ")[1].split()[0]) > 100
    assert processes.log("flower").count("events or answers; the last") == 1
    assert "Failed to capture" not in processes.log("flower")


def test_a_worker_is_asked_once_it_runs_and_nobody_before(
    flower: Callable[..., httpx.Client], processes: Processes
) -> None:
    # Given Flower before any worker, and its list of workers asked to be refreshed
    pages = flower(FLOWER_UNAUTHENTICATED_API="true")
    assert pages.get("/api/workers", params={"refresh": "1"}).json() == {}
    # When a worker starts
    processes.worker("worker")
    # Then Flower asks it, and shows the answer
    eventually(lambda: any("registered" in each for each in pages.get("/api/workers").json().values()))
    # And nothing went wrong
    assert "[W " not in processes.log("flower")
    assert "[E " not in processes.log("flower")


def test_all_queues_are_shown_though_their_worker_was_never_met(
    flower: Callable[..., httpx.Client], processes: Processes, broker: Redis
) -> None:
    # Given a worker of bars, and calls that wait for a clock worker, of which there is none
    processes.worker("worker")
    broker.lpush(CLOCK, *["call"] * 19)
    # And calls that lost workers had in flight, fewer than are read
    broker.hset("unacked", mapping={f"clock{n}": f'[{{}}, "", "{CLOCK}"]' for n in range(7)})
    pages = flower()
    # When Flower has met the worker
    eventually(lambda: "worker@" in pages.get("/workers").text)
    eventually(lambda: pages.get(f"/worker/{_name(pages)}").status_code == 200)
    # Then its Broker page has all three queues all the same
    assert _queues(pages) == {AGGS: ["0", "0", "0"], CLOCK: ["19", "7", "19"], REFERENCE: ["0", "0", "0"]}
    # And what the worker answered was taken
    assert "rejected" not in processes.log("flower")
    # And of many calls in flight it reads some, and says about how many each queue has
    broker.hset("unacked", mapping={f"bar{n}": f'[{{}}, "", "{AGGS}"]' for n in range(5000)})
    shown = _queues(pages)
    assert 4_800 < int(shown[AGGS][1].removeprefix("about ").replace(",", "")) <= 5_007
    # And a key of another type hides no queue
    broker.sadd(REFERENCE, "junk")
    assert _queues(pages)[REFERENCE] == ["\N{EM DASH}", "about 0", "\N{EM DASH}"]
    broker.delete("unacked")
    broker.set("unacked", "junk")
    assert _queues(pages)[CLOCK] == ["19", "\N{EM DASH}", "19"]


def _queues(pages: httpx.Client) -> dict[str, list[str]]:
    """What the Broker page shows of each queue: its messages, those in flight, and those that wait."""
    table = pages.get("/broker").text.split("<tbody>")[1].split("</tbody>")[0]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in table.split("</tr>")[:-1]]
    texts = [[html.unescape(re.sub("<[^>]*>", "", cell)) for cell in row] for row in rows]
    return {name: cells[:3] for name, *cells in texts}


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
