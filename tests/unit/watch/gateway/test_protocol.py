"""What the gateway understands, and what it lets anybody read: no connection is needed for that."""

import json
import string
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as some
from redis import Redis

from leaderboard.boards import BOARDS
from tests.support.gateways import MESSAGES
from watch.gateway.fanout.feed import FeedError, parse_feed, parse_key
from watch.gateway.fanout.pattern import compile_pattern
from watch.gateway.fanout.text_frame import WINDOW_BITS, TextFrame
from watch.gateway.ws import messages
from watch.gateway.ws.messages import Auth, Get, Subscribe, Unsubscribe

SCANNERS = [board.scanner for board in BOARDS]


# --- messages


@pytest.mark.parametrize(
    ("message", "request_"),
    [
        ('{"action":"auth","api_key":"k"}', Auth("k")),
        ('{"action":"subscribe","feed":"quote:*"}', Subscribe("quote:*")),
        ('{"feed":"quote:A","action":"unsubscribe"}', Unsubscribe("quote:A")),
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
        ('{"action":"get","cache":"quote:A","limit":0}', "limit"),
        ('{"action":"get","cache":"quote:A","limit":"3"}', "limit"),
        ('{"action":"auth"}', "api_key"),
        ('{"action":"auth","more":' + "[" * 3_000, "nested"),
    ],
)
def test_what_is_wrong_with_a_message_is_told(message: str, blamed: str) -> None:
    with pytest.raises(msgspec.DecodeError, match=blamed):
        messages.parse(message)


@given(MESSAGES)
@example(b"[" * 4096)
@example('{"action":"subscribe","feed":"\\ud800"}')
def test_any_message_is_understood_or_refused_with_a_sentence(message: str | bytes) -> None:
    """Given anything at all, then it is a request of a known feed or key, or there is a sentence to send."""
    told = None
    try:
        request = messages.parse(message)
        if isinstance(request, Subscribe | Unsubscribe):
            parse_feed(request.feed)
        elif isinstance(request, Get):
            parse_key(request.cache)
    except (msgspec.DecodeError, FeedError) as error:
        told = messages.error(str(error))
    assert told is None or json.loads(told)["message"]


def test_what_a_key_holds_is_told_as_it_was_stored() -> None:
    # Given an array whose numbers and spaces another writer might write in another way
    held = b'[{"rank": 1, "close": 1.10}, {"rank":2,"close":1e2}]'

    # Then they stay as they are, cut to what is wanted
    assert messages.cached("scanners:top_volume", held, None) == (
        b'{"cache":"scanners:top_volume","data":' + held + b"}"
    )
    assert messages.cached("scanners:top_volume", held, 1) == (
        b'{"cache":"scanners:top_volume","data":[{"rank": 1, "close": 1.10}]}'
    )
    assert json.loads(messages.cached("scanners:top_volume", None, 5))["data"] is None
    assert json.loads(messages.cached("quote:A", b'{"close":1}', 5))["data"] == {"close": 1}


# --- feeds and keys


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("scanners:*", SCANNERS),
        ("scanners:top_g*", SCANNERS[1:]),
        ("scanners:top_volume", SCANNERS[:1]),
        ("scanners:top_[vx]olume", SCANNERS[:1]),
    ],
)
def test_boards_are_named_one_by_one_or_by_pattern(name: str, channels: list[str]) -> None:
    assert list(parse_feed(name).channels) == channels


@pytest.mark.parametrize("name", ["quote:AAPL", "quote:BRK.B", "quote:*", "quote:A*", "quote:[A-C]?", r"quote:\*"])
def test_quotes_are_named_by_symbol_or_by_pattern(name: str) -> None:
    feed = parse_feed(name)

    assert feed.is_quote_pattern or feed.channels == [name]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        "[a-z]*",
        "?uote:*",
        "quote*",
        r"quote\:*",
        "quote[:]*",
        "quote:",
        "quote:A B",
        "quote:A\n",
        "quote:" + "A" * 25,
        "quote:*" + "A" * 200,
        "scanners:",
        "scanners:none",
        "scanners:none*",
        "scanners*",
        "leaderboard:*",
        "leaderboard:dead",
        "symbol:AAPL:data",
        "reference:*",
        "__keyspace@0__:*",
        "__key*",
        "aggs",
        "QUOTE:AAPL",
    ],
)
def test_nothing_else_can_be_subscribed_to(name: str) -> None:
    with pytest.raises(FeedError):
        parse_feed(name)


@pytest.mark.parametrize("name", [*SCANNERS, "quote:AAPL", "quote:BRK.B"])
def test_boards_and_quotes_can_be_read(name: str) -> None:
    assert parse_key(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "scanners:*", "quote:*", "quote:", "quote:A B", "leaderboard:dead", "symbol:A:data", "aggs", "\x00", "ü"],
)
def test_nothing_else_can_be_read(name: str) -> None:
    with pytest.raises(FeedError):
        parse_key(name)


# --- patterns

GLOBS = some.text(alphabet="ab-^[]*?\\.", max_size=12)
TEXTS = some.text(alphabet="ab-^].\\", min_size=1, max_size=8)


@examples(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(GLOBS, some.lists(TEXTS, min_size=1, max_size=8))
@example("a[", ["a", "a["])
@example("[]", ["]", "a"])
@example("[^]", ["]", "a"])
@example("[a-]", ["a", "-", "]", "b"])
@example("[b-a]", ["a", "b", "-"])
@example("[\\]]", ["]", "\\"])
@example("a\\", ["a", "a\\"])
@example("*a*b", ["ab", "aab.b", "ba"])
def test_patterns_match_as_those_of_redis(redis: Redis, pattern: str, texts: list[str]) -> None:
    """Given any pattern and texts, then ours matches those that a subscriber of the pattern would hear of."""
    listener = redis.pubsub(ignore_subscribe_messages=True)
    try:
        # What goes before keeps the pattern and the text from being empty, which Redis has its own ways with.
        listener.psubscribe("quote:" + pattern)
        listener.get_message(timeout=5)
        heard = [redis.publish("quote:" + text, "") == 1 for text in texts]
    finally:
        listener.close()

    ours = compile_pattern("quote:" + pattern)
    assert [ours.fullmatch("quote:" + text) is not None for text in texts] == heard


def test_no_pattern_takes_long() -> None:
    # Given a pattern whose stars could be tried in more combinations than there is time
    pattern = compile_pattern("quote:" + "*A" * 50 + "*B")

    # Then a symbol that almost matches is done with at once
    assert not any(pattern.fullmatch("quote:" + "A" * 24) for _ in range(100))


@pytest.mark.parametrize("pattern", ["quote:" + "*A" * 9, "quote:*" + "?" * 64, "scanners:" + "*" * 9])
def test_patterns_are_bounded(pattern: str) -> None:
    with pytest.raises(FeedError, match="64 characters and 8 stars at most"):
        parse_feed(pattern)


# --- frames


@given(some.text(alphabet=string.printable, max_size=300), some.sampled_from([1, 40, 300, 1000]))
def test_frames_read_back_as_what_was_published(text: str, times: int) -> None:
    """Given any text, then a client of the protocol reads it from the frame, plain as well as compressed."""
    payload = (text * times).encode()
    frame = TextFrame(payload)

    assert _read(frame.plain) == payload
    assert _read(frame.deflated()) == payload


def _read(data: bytes) -> bytes:
    from websockets.extensions.permessage_deflate import PerMessageDeflate
    from websockets.frames import Frame as Parsed
    from websockets.streams import StreamReader

    reader = StreamReader()
    reader.feed_data(data)
    deflate = PerMessageDeflate(True, True, WINDOW_BITS, WINDOW_BITS)
    parsing: Any = Parsed.parse(reader.read_exact, mask=False, extensions=[deflate])
    try:
        next(parsing)
    except StopIteration as done:
        parsed = done.value
        assert parsed.fin
        return bytes(parsed.data)
    raise AssertionError("the frame is longer than its header says")
