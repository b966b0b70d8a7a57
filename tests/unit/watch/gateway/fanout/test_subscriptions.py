"""Who is subscribed to what, and what is too much."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from watch.gateway import limits
from watch.gateway.fanout import subscriptions
from watch.gateway.fanout.feed import Feed, FeedError
from watch.gateway.fanout.pattern import compile_pattern
from watch.gateway.fanout.subscriptions import Subscriptions


class Reader:
    """Somebody who subscribes."""


SCANNERS = ["scanners:top_volume", "scanners:top_gappers", "scanners:top_gainers"]


def subscribe(made: Subscriptions[Reader], reader: Reader, *names: str) -> None:
    for name in names:
        made.add(reader, Feed(name))


# --- audiences

CHANNELS = ["quote:A", "quote:AB", "quote:BA", "quote:no symbol", "scanners:top_volume", "scanners:top_gainers"]
FEEDS = ["quote:A", "quote:AB", "quote:*", "quote:A*", "quote:*A", "quote:[^A]*", "scanners:*", CHANNELS[-1]]
STEPS = some.lists(
    some.tuples(some.booleans(), some.integers(0, 2), some.sampled_from(FEEDS))
    | some.tuples(some.none(), some.none(), some.sampled_from(CHANNELS)),
    max_size=40,
)


@given(STEPS)
def test_a_publication_is_for_whoever_has_a_feed_that_names_it(
    steps: list[tuple[bool | None, int | None, str]],
) -> None:
    """Given any subscriptions that come and go, then audiences are those, and channels those that are named."""
    made: Subscriptions[Reader] = Subscriptions(SCANNERS)
    readers = [Reader() for _ in range(3)]
    wanted: list[set[str]] = [set() for _ in readers]
    listened: set[str] = set()
    for adds, who, name in steps:
        if who is None:
            audience = made.audience(name)
            named = [any(compile_pattern(each).fullmatch(name) for each in feeds) for feeds in wanted]
            expected = {reader for reader, is_named in zip(readers, named, strict=True) if is_named}
            assert set(audience) == (expected if name != "quote:no symbol" else set())
            assert len(audience) == len(set(audience))
            continue
        if adds:
            subscribe(made, readers[who], name)
        else:
            made.remove(readers[who], name)
        (wanted[who].add if adds else wanted[who].discard)(name)
        listened = (listened - set(made.removed)) | set(made.added)
        made.added.clear()
        made.removed.clear()
        assert listened == set(made.channels())
        assert made.has_patterns == any(Feed(each).is_quote_pattern for feeds in wanted for each in feeds)


def test_to_subscribe_costs_what_the_feed_names() -> None:
    # Given a market's symbols, to each of which somebody is subscribed
    made: Subscriptions[Reader] = Subscriptions(SCANNERS)
    for n in range(11):
        subscribe(made, Reader(), *(f"quote:S{n}.{each}" for each in range(1000)))
    made.added.clear()

    # When one more subscribes
    subscribe(made, Reader(), "quote:NEW")

    # Then that one channel is what has changed
    assert (made.added, made.removed) == (["quote:NEW"], [])


def test_a_pattern_is_matched_once_against_a_symbol(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given many clients of the same patterns
    made: Subscriptions[Reader] = Subscriptions(SCANNERS)
    readers = [Reader() for _ in range(20)]
    matched: list[str] = []
    matches = Feed.matches

    def counted(feed: Feed, channel: str) -> bool:
        matched.append(f"{feed.name} {channel}")
        return matches(feed, channel)

    monkeypatch.setattr(Feed, "matches", counted)
    for reader in readers:
        subscribe(made, reader, "quote:A*", "quote:B*")

    # When symbols are published again and again
    for _ in range(10):
        assert len(made.audience("quote:AAPL")) == 20
        assert not made.audience("quote:MSFT")

    # Then each is matched once by each pattern, and a pattern that comes later is alone in being matched
    assert len(matched) == len(set(matched)) == 4
    subscribe(made, readers[0], "quote:*L")
    assert len(made.audience("quote:AAPL")) == 20
    assert matched[4:] == ["quote:*L quote:AAPL"]


def test_patterns_that_come_and_go_leave_nothing_behind() -> None:
    made: Subscriptions[Reader] = Subscriptions(SCANNERS)
    reader, steady = Reader(), Reader()
    subscribe(made, steady, "quote:*")
    for n in range(1000):
        name = f"quote:*[{n % 10}-Z]{'?' * (n // 10 % 10)}*"
        subscribe(made, reader, name)
        made.audience("quote:AAAAAAAAAAAAAAAA")
        made.remove(reader, name)

    assert made.audience("quote:AAAAAAAAAAAAAAAA") == {steady}
    assert sum(len(each.patterns) for each in made._matches.values()) <= 2


# --- screens that come and go


def test_a_new_screen_joins_the_patterns_that_match_it() -> None:
    # Given readers of patterns, one of which matches no screen
    made: Subscriptions[Reader] = Subscriptions(SCANNERS)
    reader, other = Reader(), Reader()
    subscribe(made, reader, "scanners:*", "scanners:l*")
    subscribe(made, other, "scanners:top_*")
    made.added.clear()

    # When a screen is published for the first time
    made.set_scanners([*SCANNERS, "scanners:losers"])

    # Then it is needed, and for whom a pattern names it
    assert made.added == ["scanners:losers"]
    assert set(made.audience("scanners:losers")) == {reader}

    # And when it is gone, its last publication is still for them, until they leave
    made.set_scanners(SCANNERS)
    made.set_scanners([*SCANNERS, "scanners:losers"])
    made.remove(reader, "scanners:*")
    assert set(made.audience("scanners:losers")) == {reader}
    made.remove(reader, "scanners:l*")
    made.remove_all(other)
    assert not made.audience("scanners:losers")
    assert set(made.removed) == {*SCANNERS, "scanners:losers"}


# --- bounds


def test_a_client_has_so_many_patterns() -> None:
    made: Subscriptions[Reader] = Subscriptions(SCANNERS)
    reader = Reader()
    subscribe(made, reader, *(f"quote:A{n}*" for n in range(limits.PATTERNS_PER_CLIENT)))

    # When it wants one more, then the error says how many there may be
    with pytest.raises(FeedError, match=f"{limits.PATTERNS_PER_CLIENT} patterns of quotes are the most"):
        subscribe(made, reader, "quote:B*")

    # And has what it had, may ask for it again, and for symbols
    subscribe(made, reader, "quote:A7*", "quote:B")
    made.remove(reader, "quote:A7*")
    subscribe(made, reader, "quote:B*")


def test_all_have_so_many_different_patterns() -> None:
    # Given clients with as many different patterns as there may be
    made: Subscriptions[Reader] = Subscriptions(SCANNERS)
    for n in range(limits.PATTERNS):
        subscribe(made, Reader(), f"quote:A{n}*")
    reader = Reader()

    # When one wants another, then the error says what it can have instead
    with pytest.raises(FeedError, match=r"try quote:\*, or again later"):
        subscribe(made, reader, "quote:B*")

    # And it can have that, and what others have
    subscribe(made, reader, "quote:*", "quote:A7*", "scanners:*", "quote:B")
    assert made.audience("quote:B") == {reader}


def test_where_all_have_very_many_symbols_each_can_have_some_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "CHANNELS", 50)
    # Given one client with very many
    made: Subscriptions[Reader] = Subscriptions(SCANNERS)
    greedy, honest = Reader(), Reader()
    subscribe(made, greedy, *(f"quote:A{n}" for n in range(50)))

    # Then it can have no more
    with pytest.raises(FeedError, match="beyond which a connection can have 20"):
        subscribe(made, greedy, "quote:B")

    # And others can have a few
    subscribe(made, honest, *(f"quote:B{n}" for n in range(limits.FEW_FEEDS)))
    with pytest.raises(FeedError, match="can have 20"):
        subscribe(made, honest, "quote:C")


def test_live_candles_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a client with as many symbols' candles as it may have
    made: Subscriptions[Reader] = Subscriptions(SCANNERS)
    reader, other = Reader(), Reader()
    subscribe(made, reader, *(f"candles:A{n}" for n in range(limits.CANDLES_PER_CLIENT)))

    # Then it may have no more, and Redis is asked for none of them
    with pytest.raises(FeedError, match="the most for one connection"):
        subscribe(made, reader, "candles:B")
    assert not made.added

    # And where all clients together have as many as there may be, others may have the same
    monkeypatch.setattr(subscriptions, "CANDLES", limits.CANDLES_PER_CLIENT)
    subscribe(made, other, "candles:A0")
    with pytest.raises(FeedError, match="all clients together"):
        subscribe(made, other, "candles:B")
    made.remove(reader, "candles:A1")
    subscribe(made, other, "candles:B")
