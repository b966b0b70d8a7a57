"""Traces from end to end: from a producer, a beat or a client to what was done for it."""

import json
import signal
import time

import httpx
from celery import Celery
from redis import Redis

from config.settings import settings
from deploy.redis_server import RedisServer, free_port
from leaderboard import keys
from tests.support.collector import Collector, Span
from tests.support.processes import Processes
from tests.support.waiting import eventually

#: Spans arrive within a moment.
PROMPT = {"OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_METRICS_EXPORTER": "none"}


def exported(collector: Collector, **more: str) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "MARKET_CLOCK": "wall"} | PROMPT | more


def total(spans: list[Span], attribute: str) -> int:
    return sum(span.attributes[attribute] for span in spans)


def test_a_batch_is_linked_to_the_spans_of_its_producers(
    processes: Processes, redis: Redis, collector: Collector
) -> None:
    # Given bars that a traced producer has sent in each way, and one that is no bar
    now = int(time.time() * 1000)
    sent = processes.run("tests.support.traced_producer", str(now), environment=exported(collector))
    assert (sent.returncode, sent.stderr) == (0, "")
    Celery(broker=settings().celery_broker_url).send_task("tasks.process_agg", [{"sym": "A"}], queue="aggs")

    # When a worker applies them
    processes.worker("worker", **exported(collector))
    eventually(lambda: total(collector.named("apply"), "bars") == 8)

    # Then the batch's span has a trace of its own, and a link to each producer's span
    batches = collector.named("apply")
    producers = {(span.trace, span.id) for span in collector.received if span.service == "producer"}
    assert len(producers) == 3
    assert {link for batch in batches for link in batch.links} == producers
    assert not {batch.trace for batch in batches} & {trace for trace, _ in producers}
    # And says what became of the bars
    outcomes = ("applied", "stale", "late", "early", "conflated", "dead")
    assert [total(batches, outcome) for outcome in outcomes] == [7, 0, 0, 0, 0, 1]
    assert batches[0].attributes["messaging.destination.name"] == "aggs"


def test_a_snapshot_is_part_of_the_trace_of_its_beat(
    processes: Processes, redis: Redis, collector: Collector
) -> None:
    # Given a clock worker, and a beat
    processes.worker("clock", "--concurrency", "2", queues="clock,reference", **exported(collector))
    processes.beat("beat", **exported(collector))

    # When snapshots are published
    eventually(lambda: collector.named("snapshot"))

    # Then each one's span, the task's run and the beat's call are one trace
    def above(span: Span) -> Span:
        eventually(lambda: [each for each in collector.received if each.id == span.parent])
        return next(each for each in collector.received if each.id == span.parent)

    snapshot = collector.named("snapshot")[0]
    run = above(snapshot)
    call = above(run)
    assert (run.name, run.service) == ("run/tasks.publish_snapshot", "leaderboard-clock")
    assert (call.name, call.service) == ("apply_async/tasks.publish_snapshot", "leaderboard-beat")
    assert snapshot.trace == run.trace == call.trace


def test_a_failure_is_on_its_span_and_its_trace_is_in_the_log(
    processes: Processes, client: Celery, redis: Redis, server: RedisServer, collector: Collector
) -> None:
    # Given a worker whose boards have gone
    asked = exported(collector, REDIS_URL=server.url())
    processes.worker("worker", "--pool", "solo", queues="clock", **asked)
    server.stop()

    # When it is to publish
    client.send_task("tasks.publish_snapshot", queue="clock")
    eventually(lambda: "publishing failed" in processes.log("worker"))
    eventually(lambda: collector.named("snapshot"))

    # Then the span has the error
    (snapshot,) = collector.named("snapshot")
    assert snapshot.failed
    assert snapshot.exceptions == ["redis.exceptions.ConnectionError"]
    # And the line of the log has the span
    (line,) = [each for each in processes.log("worker").splitlines() if "publishing failed" in each]
    told = json.loads(line)
    assert (told["trace_id"], told["span_id"]) == (snapshot.trace, snapshot.id)


def test_requests_to_the_gateway_are_part_of_their_clients_traces(
    processes: Processes, redis: Redis, collector: Collector
) -> None:
    # Given a gateway
    port = free_port()
    processes.start("gateway", "watch", "serve", "--port", str(port), **exported(collector))
    processes.await_log("gateway", "the boards are at")
    trace, parent = "1" * 32, "2" * 16

    # When a client asks, within a trace of its own or not
    def asked(path: str, **headers: str) -> int:
        return httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers, trust_env=False).status_code

    assert asked("/api/boards/volume", traceparent=f"00-{trace}-{parent}-01") == 200
    assert asked("/api/boards/none") == 404
    assert asked("/healthz") in (200, 503)
    redis.set(keys.quote("A"), "no json")
    assert asked("/api/quotes/A") == 503
    eventually(lambda: len(collector.received) == 3)

    # Then each request to the API has a span, named after its route
    by_status = {span.attributes["http.response.status_code"]: span for span in collector.received}
    first, second, third = by_status[200], by_status[404], by_status[503]
    assert first.name == second.name == "GET /api/boards/{name}"
    assert third.name == "GET /api/quotes/{symbol:path}"
    assert (first.trace, first.parent) == (trace, parent)
    assert second.parent == ""
    assert second.attributes["url.path"] == "/api/boards/none"
    assert [span.failed for span in (first, second, third)] == [False, False, True]
    assert {span.service for span in collector.received} == {"leaderboard-gateway"}


def test_the_standard_sampler_decides(processes: Processes, redis: Redis, collector: Collector) -> None:
    # Given a worker that is to record no trace, but metrics
    asked = exported(collector, OTEL_TRACES_SAMPLER="always_off", OTEL_METRICS_EXPORTER="otlp")
    processes.worker("worker", **asked, OTEL_METRIC_EXPORT_INTERVAL="200")

    # When bars were applied
    now = int(time.time() * 1000)
    sent = processes.run("tests.support.traced_producer", str(now), environment=exported(collector))
    assert sent.returncode == 0
    eventually(lambda: collector.sums.get("lba.processed") == 7)
    processes.signal("worker", signal.SIGTERM)
    processes.await_end("worker")

    # Then there is no span of them
    assert {span.service for span in collector.received} == {"producer"}
