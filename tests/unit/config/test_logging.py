"""What a line of the log says of spans, and of a telemetry that fails."""

import json
import logging
from collections.abc import Iterator

import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from config.logging import JsonLineFormatter, LibraryThrottle, TextFormatter

ACTIVE = NonRecordingSpan(SpanContext(0xAB, 0xCD, is_remote=False, trace_flags=TraceFlags(1)))


def record(message: str, *arguments: object, name: str = "tasks.boards") -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, "", 1, message, arguments, None)


@pytest.fixture
def active() -> Iterator[None]:
    with use_span(ACTIVE):
        yield


@pytest.mark.usefixtures("active")
def test_a_line_names_the_active_span() -> None:
    # When something is logged under a span
    told = json.loads(JsonLineFormatter("%(message)s").format(record("failed: %s", "x")))
    # Then its ids are as a collector shows them
    assert told == {"message": "failed: x", "trace_id": "ab".zfill(32), "span_id": "cd".zfill(16)}
    # And stand at the end of a text, before a traceback
    text = TextFormatter("%(levelname)s %(message)s").format(record("failed: %s", "x\ny"))
    assert text == f"WARNING failed: x\\ny trace_id={'ab'.zfill(32)} span_id={'cd'.zfill(16)}"


def test_without_a_span_there_are_no_ids() -> None:
    assert json.loads(JsonLineFormatter("%(message)s").format(record("failed"))) == {"message": "failed"}
    assert TextFormatter("%(message)s").format(record("failed")) == "failed"


def test_exporters_that_fail_get_one_line() -> None:
    # Given what exporters log at each attempt
    throttle = LibraryThrottle()
    exporter = "opentelemetry.exporter.otlp.proto.http"
    attempts = [record("%s, retrying", 1, name=f"{exporter}.{kind}") for kind in ("trace", "metric", "trace")]
    # Then one line comes through of all of them, and of another of the library's problems one as well
    assert [throttle.filter(each) for each in attempts] == [True, False, False]
    full = record("Queue full", name="opentelemetry.sdk.trace")
    assert [throttle.filter(full), throttle.filter(full)] == [True, False]
    # And nothing is kept from the log that is not the library's
    assert [throttle.filter(record("Queue full")) for _ in range(2)] == [True, True]
