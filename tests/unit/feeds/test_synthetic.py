"""The made-up market is one that could exist."""

from collections import Counter, defaultdict
from datetime import date, time, timedelta
from itertools import islice, pairwise
from statistics import mean, median
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.reference_refresh import ReferenceRefresh
from feeds.synthetic import Market
from feeds.synthetic.command import first_day, play
from feeds.synthetic.episode import HALT
from feeds.synthetic.seconds import of_the_clock, simulated
from leaderboard.sessions import Phase, Session
from leaderboard.validation import validate
from tests.support.fake_time import Time
from tests.support.feeds.journal import Journal, feed
from tests.support.market import TODAY, at

Bars = list[dict[str, Any]]


def seconds(begin: str, count: int) -> range:
    """The starts of `count` seconds from a time of day on, Unix milliseconds."""
    return range(at(begin), at(begin) + count * 1000, 1000)


def bars(market: Market, begin: str, count: int) -> Bars:
    return [bar for second in seconds(begin, count) for bar in market.bars(second)]


def rate(market: Market, begin: str, count: int) -> float:
    """Bars a second."""
    return len(bars(market, begin, count)) / count


@settings(max_examples=20)
@given(
    symbols=st.integers(1, 60),
    share=st.floats(0.01, 2.0),
    seed=st.integers(),
    begin=st.sampled_from(["04:00:00", "09:29:00", "12:00:00", "15:59:00", "19:59:30", "23:59:30"]),
)
def test_every_bar_is_consistent(symbols: int, share: float, seed: int, begin: str) -> None:
    # Given any market
    market = Market(symbols, symbols * share, seed, TODAY)
    accumulated: Counter[str] = Counter()
    turnover: defaultdict[str, float] = defaultdict(float)
    official_open: dict[str, float] = {}
    span: dict[str, tuple[float, float]] = {}
    for second in seconds(begin, 120):
        # When a second goes by
        made = market.bars(second)
        # Then no symbol has two bars
        assert len({bar["sym"] for bar in made}) == len(made)
        for bar in made:
            # And each bar is of this second, and its figures go together
            assert (bar["ev"], bar["s"], bar["e"]) == ("A", second, second + 1000)
            assert 0 < bar["l"] <= min(bar["o"], bar["c"]) <= max(bar["o"], bar["c"]) <= bar["h"]
            assert bar["l"] <= bar["vw"] <= bar["h"]
            assert 1 <= bar["z"] <= bar["v"]
            # And the day's figures follow from its bars, and from what was traded before them
            if bar["sym"] not in accumulated:
                accumulated[bar["sym"]] = bar["av"] - bar["v"]
                turnover[bar["sym"]] = bar["a"] * bar["av"] - bar["v"] * bar["vw"]
                assert accumulated[bar["sym"]] == 0 if begin == "04:00:00" else accumulated[bar["sym"]] >= 0
            accumulated[bar["sym"]] += bar["v"]
            turnover[bar["sym"]] += bar["v"] * bar["vw"]
            assert bar["av"] == accumulated[bar["sym"]]
            assert bar["a"] == pytest.approx(turnover[bar["sym"]] / bar["av"], abs=2e-4)
            # Whose average price lies between the lowest and the highest
            low, high = span.get(bar["sym"], (bar["l"], bar["h"]))
            span[bar["sym"]] = min(low, bar["l"]), max(high, bar["h"])
            assert span[bar["sym"]][0] <= bar["a"] <= span[bar["sym"]][1]
            if second < at("09:30:00"):
                assert "op" not in bar
            else:
                assert bar["op"] == official_open.setdefault(bar["sym"], bar["o"])
            # And prices are quoted in cents, those under a dollar in hundredths of a cent
            for price in (bar["o"], bar["h"], bar["l"], bar["c"]):
                assert price == round(price, 2 if price >= 1 else 4)
        # And the leaderboards take them all
        assert validate(made, now=0, allow_future=True)[1] == []


def test_the_same_seed_makes_the_same_market() -> None:
    # Given two markets of one seed and one of another
    one, same, other = (Market(50, 20, seed, TODAY) for seed in (1, 1, 2))
    # When they trade
    made = bars(one, "09:30:00", 60)
    # Then those of one seed are the same
    assert one.reference() == same.reference()
    assert made == bars(same, "09:30:00", 60)
    # And the other lists the same symbols at other prices
    assert one.reference().keys() == other.reference().keys()
    assert one.reference() != other.reference()


def test_tickers_look_like_tickers() -> None:
    # Given a market as large as the real one
    symbols = Market(8000, 100, 1, TODAY).reference()
    # When its tickers are looked at
    # Then all differ and have one to four letters
    assert len(symbols) == 8000
    assert all(symbol.isalpha() and symbol.isupper() for symbol in symbols)
    assert set(map(len, symbols)) == {1, 2, 3, 4}


def test_reference_data_spans_orders_of_magnitude() -> None:
    # Given a market
    known = Market(1000, 100, 1, TODAY).reference().values()
    closes = [each.previous.close or 0 for each in known]
    floats = [each.profile.free_float or 0 for each in known]
    volumes = [each.profile.avg_volume or 0 for each in known]
    # When its reference data is looked at
    # Then prices lie between 1 and 500 dollars, half of them under the middle of that on a scale of ratios
    assert min(closes) >= 1
    assert max(closes) <= 500
    assert 15 < median(closes) < 33
    # And floats and volumes differ a thousandfold
    assert max(floats) / min(floats) > 1000
    assert max(volumes) / min(volumes) > 1000
    for each in known:
        previous = each.previous
        assert None not in (previous.open, previous.high, previous.low, previous.close, previous.vwap)
        assert previous.low <= previous.vwap <= previous.high  # type: ignore[operator]


@pytest.mark.parametrize(("symbols", "rate_"), [(500, 50.0), (400, 160.0), (100, 1000.0)])
def test_the_regular_session_has_the_rate_that_was_asked_for(symbols: int, rate_: float) -> None:
    # Given a market, and every twentieth second of its regular session
    market = Market(symbols, rate_, 3, TODAY)
    session = range(at("09:30:00"), at("16:00:00"), 20_000)
    # When it trades
    measured = mean(len(market.bars(second)) for second in session)
    # Then the mean rate is the one asked for, as far as there are symbols to trade
    assert measured == pytest.approx(min(rate_, symbols), rel=0.2)


def test_the_open_is_a_jump_to_a_burst_that_decays() -> None:
    # Given a market of 100 bars a second in the mean
    market = Market(1000, 100, 1, TODAY)
    # When it trades from the early pre-market to an hour after the open
    early = rate(market, "04:00:00", 60)
    late = rate(market, "09:29:00", 60)
    burst = rate(market, "09:30:00", 30)
    later = rate(market, "09:40:00", 60)
    midday = rate(market, "12:30:00", 60)
    # Then the pre-market is sparse, a hundredth to a tenth
    assert 0.3 < early < 3
    assert 5 < late < 15
    # And the open jumps at once far above the mean, and decays over minutes
    assert burst > 250
    assert midday < later < burst
    assert 60 < midday < 120


def test_a_few_symbols_trade_every_second_and_most_seldom() -> None:
    # Given a market
    market = Market(1000, 100, 1, TODAY)
    # When it trades for ten minutes around noon
    counts = Counter(bar["sym"] for bar in bars(market, "12:00:00", 600))
    # Then the busiest symbols trade nearly every second, half of all not twice a minute
    assert sum(count > 540 for count in counts.values()) >= 3
    assert sum(counts[symbol] < 20 for symbol in market.reference()) > 500


def test_gappers_open_far_from_their_last_close_and_trade_before_the_open() -> None:
    # Given a market before its open
    market = Market(2000, 500, 1, TODAY)
    known = market.reference()
    # When it trades in the pre-market
    traded = Counter(bar["sym"] for bar in bars(market, "09:00:00", 600))
    closes = {bar["sym"]: bar["c"] for bar in bars(market, "09:30:00", 30)}
    gaps = {
        symbol: abs(close / previous - 1)
        for symbol, close in closes.items()
        if (previous := known[symbol].previous.close)
    }
    # Then a few percent of the symbols have gapped by more than 5 %, most by less than 1.5 %
    wide = {symbol for symbol, gap in gaps.items() if gap > 0.05}
    assert 0.01 < len(wide) / len(gaps) < 0.12
    assert median(gaps.values()) < 0.015
    # And those trade more before the open than others
    assert mean(traded[symbol] for symbol in wide) > 2 * mean(traded[symbol] for symbol in gaps)
    # And have smaller floats
    assert median(known[symbol].profile.free_float or 0 for symbol in wide) < median(
        each.profile.free_float or 0 for each in known.values()
    )


def rvol(market: Market, made: Bars) -> dict[str, float]:
    """Each symbol's volume in its newest bar, in multiples of what is usual by then."""
    start, known = Session(market.day, Phase.PRE).start, market.reference()
    return {
        bar["sym"]: bar["av"] / usual
        for bar in made
        if (usual := known[bar["sym"]].volume_profile.expected(bar["e"] - start))
    }


@pytest.mark.parametrize("begin", ["07:00:00", "09:28:00", "09:45:00", "14:00:00", "18:00:00", "23:00:00"])
def test_at_whatever_time_a_market_begins_most_symbols_have_their_usual_volume(begin: str) -> None:
    # Given a market that begins in the middle of the day
    market = Market(600, 150, 1, TODAY)
    opened = {symbol: each.previous.close or 0 for symbol, each in market.reference().items()}
    # When it has traded for half a minute
    made = bars(market, begin, 30)
    # Then as much was traded of an ordinary symbol as is usual by then, and several times as much of a gapper
    shares = rvol(market, made)
    moved = {bar["sym"]: abs(bar["c"] / opened[bar["sym"]] - 1) for bar in made}
    assert 0.8 < median(share for symbol, share in shares.items() if moved[symbol] < 0.02) < 1.25
    assert median(share for symbol, share in shares.items() if moved[symbol] > 0.08) > 2.5
    # And its bars have the volume of one second
    assert median(bar["v"] / bar["av"] for bar in made) < 0.02


def test_a_market_that_begins_later_stands_where_the_other_has_come_to() -> None:
    # Given two markets that differ in when they begin
    early, late = (Market(100, 60, 3, TODAY) for _ in range(2))
    # When both have come to the same second, the first after five minutes
    traded = bars(early, "09:30:00", 300)
    begun = bars(late, "09:35:00", 5)
    # Then much the same was traded since 04:00
    reached = {bar["sym"]: bar["av"] for bar in traded}
    both = [(bar["av"], reached[bar["sym"]]) for bar in begun if bar["sym"] in reached]
    assert median(one / other for one, other in both) == pytest.approx(1, rel=0.1)


def test_volume_profiles_are_those_of_an_ordinary_day() -> None:
    # Given a market on a day with an early close
    market = Market(500, 150, 1, date(2026, 11, 27))
    known = market.reference().values()

    def usual(begin: str, end: str) -> list[float]:
        """What is usually traded of each symbol between two times."""
        times = [at(clock) - at("04:00:00") for clock in (begin, end)]
        by = [[each.volume_profile.expected(time_) for time_ in times] for each in known]
        return [later - earlier for earlier, later in by]

    # Then a profile ends with the average volume, and most of it is traded in the regular hours of other days
    assert {each.volume_profile.sessions for each in known} == {30}
    whole = usual("04:00:00", "20:00:00")
    assert whole == pytest.approx([each.profile.avg_volume for each in known])
    regular = usual("09:30:00", "16:00:00")
    assert median(one / other for one, other in zip(regular, whole, strict=True)) > 0.9
    # And more at the open than at noon, the more so of a symbol that seldom trades
    bursts = [
        first / noon
        for first, noon in zip(usual("09:30:00", "09:35:00"), usual("12:30:00", "12:35:00"), strict=True)
    ]
    assert min(bursts) > 0.99
    assert median(bursts) > 2


def test_runners_and_halts_come_with_the_day() -> None:
    # Given a market that trades nearly every second, so that a pause is no accident
    market = Market(60, 57, 9, TODAY)
    # When it trades for an hour
    by_symbol: defaultdict[str, Bars] = defaultdict(list)
    for bar in bars(market, "10:30:00", 3600):
        by_symbol[bar["sym"]].append(bar)
    busy = [made for made in by_symbol.values() if len(made) > 3000]
    # Then some symbols rise by tens of percent while others hardly move
    moves = [max(bar["h"] for bar in made) / made[0]["o"] - 1 for made in by_symbol.values()]
    assert max(moves) > 0.15
    assert median(moves) < 0.03
    # And some were halted for five minutes
    pauses = [later["s"] - earlier["e"] for made in busy for earlier, later in pairwise(made)]
    assert any(pause >= HALT * 1000 for pause in pauses)


def test_simulated_seconds_go_on_with_the_next_trading_day() -> None:
    # Given simulated time from 19:59 on a Friday
    through = simulated(TODAY, time(19, 59))
    # When two minutes have gone by
    made = list(islice(through, 120))
    # Then the second one is Monday's
    monday = TODAY + timedelta(days=3)
    assert made == [
        *range(at("19:59:00"), at("20:00:00"), 1000),
        *range(at("19:59:00", monday), at("20:00:00", monday), 1000),
    ]


def test_on_an_early_close_the_market_ends_earlier() -> None:
    # Given the day after Thanksgiving, whose regular hours end at 13:00 and after hours at 17:00
    day = date(2026, 11, 27)
    market = Market(400, 100, 1, day)
    # When it goes on until a minute after the close
    bars = {
        clock: sum(len(market.bars(at(clock, day) + second * 1000)) for second in range(60))
        for clock in ("12:58:00", "13:01:00")
    }
    # Then hardly anything trades after it
    assert bars["13:01:00"] < bars["12:58:00"] / 5
    # And simulated time goes on with the next trading day at the end of the after hours
    seconds = list(islice(simulated(day, time(16, 59)), 61))
    assert seconds[-2:] == [at("16:59:59", day), at("16:59:00", date(2026, 11, 30))]


def test_seconds_of_real_time_that_have_gone_by_are_left_out() -> None:
    # Given real time
    time_ = Time(now=100.7)
    through = of_the_clock(time_.clock)
    # When a second is done in time, and the next takes five
    first = next(through)
    second = next(through)
    time_.now = 106.2
    third = next(through)
    # Then the feed goes on with the present
    assert [first, second, third] == [100_000, 101_000, 106_000]


@pytest.mark.parametrize(
    ("shown", "day"),
    [
        (None, date(2026, 11, 20)),
        (date(2026, 11, 19), date(2026, 11, 20)),
        (date(2026, 11, 20), date(2026, 11, 23)),
        (date(2026, 11, 25), date(2026, 11, 27)),
    ],
)
def test_the_first_day_is_one_that_the_boards_have_not_seen(shown: date | None, day: date) -> None:
    # Given boards that show a day, today or later ones among them; the 26th is Thanksgiving
    session = Session(shown, Phase.REGULAR) if shown else None
    # When a market is to begin on a Saturday, which belongs to Friday
    # Then it begins on the first trading day after what they show
    assert first_day(at("12:00:00", date(2026, 11, 21)), session) == day


def test_each_day_has_a_market_that_is_known_before_its_first_bar() -> None:
    # Given simulated time over the end of a day
    journal, time_ = Journal(), Time()
    through = islice(simulated(TODAY, time(19, 59, 58)), 4)
    # When a market is played through it
    play(through, 3, 3, 7, feed(journal, time_), ReferenceRefresh(journal.learn, time_.clock))
    # Then each day begins with an empty queue and its own reference data
    monday = TODAY + timedelta(days=3)
    learned = [each for each in journal.happened if each[0] in (TODAY, monday)]
    assert learned == [
        (TODAY, Market(3, 3, 7, TODAY).reference()),
        (monday, Market(3, 3, 8, monday).reference()),
    ]
    first_bar_of_monday = next(
        (at_ for at_, each in enumerate(journal.happened) if each[1] == at("19:59:58", monday)),
        len(journal.happened),
    )
    before_monday = journal.happened.index(learned[1])
    assert journal.happened[before_monday - 1] == "drained"
    assert before_monday < first_bar_of_monday
