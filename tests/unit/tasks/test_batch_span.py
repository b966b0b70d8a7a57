"""What the span of a batch says."""

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

from leaderboard.reason_kind import ReasonKind
from leaderboard.system import Processed
from leaderboard.validation import Refused
from tasks import batch_span, metrics
from tasks.batch_span import MAX_LINKS
from tasks.fastlane.call import Call


@pytest.fixture(autouse=True)
def recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans are recorded, without a provider for the whole process."""
    monkeypatch.setattr(metrics, "tracer", TracerProvider(shutdown_on_exit=False).get_tracer("tests"))


def span_of(*parents: str | None) -> ReadableSpan:
    span = batch_span.start([Call("id", [], {}, parent) for parent in parents])
    batch_span.describe(span, Processed(applied=3, stale=2, refused=[Refused({}, "no price", ReasonKind.FIELD)]))
    span.end()
    assert isinstance(span, ReadableSpan)
    return span


def header(number: int, flags: str = "01") -> str:
    return f"00-{number:032x}-{number:016x}-{flags}"


def test_a_batch_is_linked_once_to_each_span_that_somebody_records() -> None:
    # Given bars of two spans, of a span that is not sampled, of none, and with headers that name none
    span = span_of(header(1), header(2), header(1), header(3, "00"), None, "", "nothing", header(0))
    # Then the batch has a link to each of the two
    assert [link.context.span_id for link in span.links] == [1, 2]
    # And says what became of its bars
    assert span.attributes
    assert (span.attributes["bars"], span.attributes["messaging.batch.message_count"]) == (8, 8)
    assert [span.attributes[name] for name in ("applied", "stale", "late", "dead")] == [3, 2, 0, 1]
    assert "producers" not in span.attributes


def test_links_are_bounded_and_the_rest_is_counted() -> None:
    # Given bars of more spans than a batch is linked to
    span = span_of(*map(header, range(1, MAX_LINKS + 11)))
    # Then the first have a link, and all are counted
    assert [link.context.span_id for link in span.links] == list(range(1, MAX_LINKS + 1))
    assert span.attributes
    assert span.attributes["producers"] == MAX_LINKS + 10
