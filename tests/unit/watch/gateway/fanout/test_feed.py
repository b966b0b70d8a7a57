"""What may be read through the gateway."""

import pytest

from leaderboard.boards import BOARDS
from watch.gateway.fanout.feed import FeedError, parse_feed, parse_key

SCANNERS = [board.scanner for board in BOARDS]


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("scanners:*", SCANNERS),
        ("scanners:top_g*", [each for each in SCANNERS if each.startswith("scanners:top_g")]),
        ("scanners:top_volume", ["scanners:top_volume"]),
        ("scanners:top_[vx]olume", ["scanners:top_volume"]),
    ],
)
def test_boards_are_named_one_by_one_or_by_pattern(name: str, channels: list[str]) -> None:
    assert list(parse_feed(name).channels) == channels


@pytest.mark.parametrize("name", ["quote:AAPL", "quote:BRK.B", "quote:*", "quote:A*", "quote:[A-C]?", r"quote:\*"])
def test_quotes_are_named_by_symbol_or_by_pattern(name: str) -> None:
    feed = parse_feed(name)

    assert feed.channels == ([] if feed.is_quote_pattern else [name])


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


@pytest.mark.parametrize("pattern", ["quote:" + "*A" * 9, "quote:*" + "?" * 64, "scanners:" + "*" * 9])
def test_patterns_are_bounded(pattern: str) -> None:
    with pytest.raises(FeedError, match="64 characters and 8 stars at most"):
        parse_feed(pattern)
