"""What may be read through the gateway."""

import pytest

from leaderboard.boards import BOARDS
from watch.gateway.fanout.feed import FeedError, parse_feed, parse_key

SCANNERS = [*(board.scanner for board in BOARDS), "scanners:losers"]


@pytest.mark.parametrize(
    ("name", "is_pattern"),
    [
        ("scanners:*", True),
        ("scanners:top_g*", True),
        ("scanners:top_volume", False),
        ("scanners:losers", False),
        ("scanners:[kl]osers", True),
    ],
)
def test_boards_and_screens_are_named_one_by_one_or_by_pattern(name: str, is_pattern: bool) -> None:
    feed = parse_feed(name, SCANNERS)

    assert (feed.name, feed.is_pattern, feed.is_quote_pattern) == (name, is_pattern, False)


@pytest.mark.parametrize("name", ["quote:AAPL", "quote:BRK.B", "quote:*", "quote:A*", "quote:[A-C]?", r"quote:\*"])
def test_quotes_are_named_by_symbol_or_by_pattern(name: str) -> None:
    feed = parse_feed(name, SCANNERS)

    assert feed.is_quote_pattern is feed.is_pattern is any(each in name for each in "*?")


@pytest.mark.parametrize("symbol", ["AAPL", "BRK.B", "A/B"])
def test_candles_are_named_by_symbol(symbol: str) -> None:
    feed = parse_feed(f"candles:{symbol}", SCANNERS)

    assert (feed.candles, feed.is_pattern, parse_feed("quote:A", SCANNERS).candles) == (symbol, False, "")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        "candles:",
        "candles:*",
        "candles:A:5m",
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
        parse_feed(name, SCANNERS)


@pytest.mark.parametrize("name", [*SCANNERS, "quote:AAPL", "quote:BRK.B"])
def test_boards_and_quotes_can_be_read(name: str) -> None:
    assert parse_key(name, SCANNERS) == name


@pytest.mark.parametrize(
    "name",
    ["", "scanners:*", "quote:*", "quote:", "quote:A B", "leaderboard:dead", "symbol:A:data", "aggs", "\x00", "ü"],
)
def test_nothing_else_can_be_read(name: str) -> None:
    with pytest.raises(FeedError):
        parse_key(name, SCANNERS)


@pytest.mark.parametrize("pattern", ["quote:" + "*A" * 9, "quote:*" + "?" * 64, "scanners:" + "*" * 9])
def test_patterns_are_bounded(pattern: str) -> None:
    with pytest.raises(FeedError, match="64 characters and 8 stars at most"):
        parse_feed(pattern, SCANNERS)
