"""What the WebSocket protocol understands."""

import json

import msgspec
import pytest
from hypothesis import example, given

from tests.support.watch.gateways import MESSAGES, VOLUME
from watch.gateway.fanout.feed import FeedError, parse_feed, parse_key
from watch.gateway.ws import messages
from watch.gateway.ws.messages import Auth, Get, Hello, Subscribe, Unsubscribe


@pytest.mark.parametrize(
    ("message", "request_"),
    [
        ('{"action":"auth","api_key":"k"}', Auth("k")),
        ('{"action":"subscribe","feed":"quote:*"}', Subscribe("quote:*")),
        ('{"action":"subscribe","feed":"scanners:losers","mode":"delta"}', Subscribe("scanners:losers", "delta")),
        (
            '{"action":"subscribe","feed":"scanners:losers","mode":"delta","fields":["close"],"limit":100}',
            Subscribe("scanners:losers", "delta", ["close"], 100),
        ),
        ('{"feed":"quote:A","action":"unsubscribe"}', Unsubscribe("quote:A")),
        ('{"action":"hello","envelope":true}', Hello(envelope=True)),
        ('{"action":"hello"}', Hello(envelope=False)),
        ('{"action":"get","cache":"quote:A"}', Get("quote:A")),
        ('{"action":"get","cache":"quote:A","limit":null,"more":1}', Get("quote:A")),
        ('{"action":"get","cache":"quote:A","limit":3}', Get("quote:A", 3)),
    ],
)
def test_messages_are_understood(message: str, request_: messages.Request) -> None:
    assert messages.parse(message) == request_
    assert messages.parse(message.encode()) == request_


@pytest.mark.parametrize(
    ("message", "blamed"),
    [
        ("", "truncated"),
        ("subscribe", "malformed"),
        ("[]", "object"),
        ("{}", "action"),
        ('{"action":"psubscribe","feed":"*"}', "psubscribe"),
        ('{"action":"subscribe"}', "feed"),
        ('{"action":"subscribe","feed":7}', "feed"),
        ('{"action":"subscribe","feed":"quote:A","mode":"deltas"}', "mode"),
        ('{"action":"subscribe","feed":"quote:A","mode":"delta","fields":"close"}', "fields"),
        ('{"action":"subscribe","feed":"quote:A","mode":"delta","limit":0}', "limit"),
        ('{"action":"hello","envelope":1}', "envelope"),
        ('{"action":"get","cache":"quote:A","limit":0}', "limit"),
        ('{"action":"get","cache":"quote:A","limit":"3"}', "limit"),
        ('{"action":"auth"}', "api_key"),
        ('{"action":"auth","more":' + "[" * 3_000, "nested"),
    ],
)
def test_what_is_wrong_with_a_message_is_named(message: str, blamed: str) -> None:
    with pytest.raises(msgspec.DecodeError, match=blamed):
        messages.parse(message)


@given(MESSAGES)
@example(b"[" * 4096)
@example('{"action":"subscribe","feed":"\\ud800"}')
def test_any_message_is_understood_or_refused_with_a_sentence(message: str | bytes) -> None:
    """Given anything at all, then it is a request of a known feed or key, or there is a sentence to send."""
    answer = None
    try:
        request = messages.parse(message)
        if isinstance(request, Subscribe | Unsubscribe):
            parse_feed(request.feed, [VOLUME])
        elif isinstance(request, Get):
            parse_key(request.cache, [VOLUME])
    except (msgspec.DecodeError, FeedError) as error:
        answer = messages.error(str(error))
    assert answer is None or json.loads(answer)["message"]


def test_what_a_key_holds_is_answered_as_it_was_stored() -> None:
    # Given an array whose numbers and spaces another writer might write in another way
    stored = b'[{"rank": 1, "close": 1.10}, {"rank":2,"close":1e2}]'

    # Then they stay as they are, cut to what is wanted
    assert messages.cached("scanners:top_volume", stored, None) == (
        b'{"cache":"scanners:top_volume","data":' + stored + b"}"
    )
    assert messages.cached("scanners:top_volume", stored, 1) == (
        b'{"cache":"scanners:top_volume","data":[{"rank": 1, "close": 1.10}]}'
    )
    assert json.loads(messages.cached("scanners:top_volume", None, 5))["data"] is None
    assert json.loads(messages.cached("quote:A", b'{"close":1}', 5))["data"] == {"close": 1}
