"""A connection that is open and brings nothing: when it is lost, and when the market is merely quiet."""

import logging
import math
import time
from datetime import date

import pytest

from feeds.massive.silence_detector import DELAY, LONGEST_SILENCE, MAX_SILENCE, SilenceDetector
from tests.support.market import TODAY, at
from tests.support.massive.listener import bar, listening
from tests.support.massive.stream import MassiveServer
from tests.support.waiting import eventually

#: A Thursday without trading, and the Saturday after it.
THANKSGIVING = date(2026, 11, 26)
EARLY_CLOSE = date(2026, 11, 27)
SATURDAY = date(2026, 11, 28)


class Clock:
    """Time of day and the seconds since any start, moved by hand."""

    def __init__(self, clock: str, day: date = TODAY) -> None:
        self.unix = at(clock, day) / 1000
        self.seconds = 5.0

    def wait(self, seconds: float) -> None:
        self.unix += seconds
        self.seconds += seconds

    def silence(self, *names: str, delay: float = 0.0) -> SilenceDetector:
        return SilenceDetector(names, delay, lambda: self.unix, lambda: self.seconds)


@pytest.mark.parametrize("time_of_day", ["04:05:00", "09:30:30", "15:59:00", "19:58:00"])
def test_the_whole_market_is_missed_after_twenty_seconds_of_trading(time_of_day: str) -> None:
    # Given a connection in trading hours that has brought bars
    clock = Clock(time_of_day)
    silence = clock.silence("A.*")
    silence.connected()
    clock.wait(3)
    silence.heard()
    # When nothing comes for as long as a bar lasts and twenty seconds
    clock.wait(1 + MAX_SILENCE - 0.5)
    assert silence.left() == pytest.approx(0.5)
    clock.wait(0.5)
    # Then it is lost, and for so long bars are missing
    assert silence.left() <= 0
    assert silence.missing() == pytest.approx(20)


@pytest.mark.parametrize(
    ("time_of_day", "day", "names"),
    [
        pytest.param("03:00:00", TODAY, ["A.*"], id="before trading"),
        pytest.param("20:00:00", TODAY, ["A.*"], id="after trading"),
        pytest.param("11:00:00", THANKSGIVING, ["A.*"], id="holiday"),
        pytest.param("17:00:00", EARLY_CLOSE, ["A.*"], id="after trading on an early close"),
        pytest.param("11:00:00", SATURDAY, ["A.*"], id="weekend"),
        pytest.param("11:00:00", TODAY, ["A.AAPL", "AM.MSFT"], id="some symbols"),
    ],
)
def test_silence_is_no_loss_where_nothing_has_to_come(time_of_day: str, day: date, names: list[str]) -> None:
    clock = Clock(time_of_day, day)
    silence = clock.silence(*names)
    silence.connected()

    clock.wait(600)

    assert silence.left() == math.inf
    assert silence.missing() == 0


def test_a_night_is_not_missed_when_trading_begins() -> None:
    # Given the last bar of an evening
    clock = Clock("19:59:58", date(2026, 11, 19))
    silence = clock.silence("A.*")
    silence.heard()
    # When it is five seconds past the next day's start
    clock.wait(8 * 3600 + 7)
    # Then bars are missing for four of them, and not for the night
    assert silence.missing() == pytest.approx(4)
    assert silence.left() == pytest.approx(16)


@pytest.mark.parametrize("names", [["AM.*"], ["A.*", "AM.*"], ["AM.*", "A.AAPL"]])
def test_bars_of_minutes_may_be_a_minute_apart(names: list[str]) -> None:
    clock = Clock("10:00:02")
    silence = clock.silence(*names)
    silence.heard()

    clock.wait(60 + MAX_SILENCE - 1)
    assert silence.left() == pytest.approx(1)
    clock.wait(1)
    assert silence.left() <= 0


def test_the_delayed_market_begins_and_ends_later() -> None:
    clock = Clock("04:10:00")
    silence = clock.silence("A.*", delay=DELAY)

    clock.wait(240)
    assert silence.left() == math.inf
    clock.wait(90)
    assert silence.missing() == pytest.approx(29)
    clock.wait(at("20:10:00") / 1000 - clock.unix)
    assert silence.left() <= 0


def test_a_market_that_stays_silent_is_asked_less_and_less_often() -> None:
    # Given trading that is halted for an hour, without any message about it
    clock = Clock("13:00:00")
    silence = clock.silence("A.*")
    limits = []
    # When each connection is given up in turn
    for _ in range(8):
        silence.connected()
        limits.append(silence.left() - 1)
        clock.wait(silence.left())
        silence.lost()
    # Then each is given twice as long as the one before, up to a bound
    assert limits == [20, 40, 80, 160, LONGEST_SILENCE, LONGEST_SILENCE, LONGEST_SILENCE, LONGEST_SILENCE]
    # And the first bar makes it as short as it was
    silence.heard()
    assert silence.left() == 1 + MAX_SILENCE


def test_a_silent_connection_is_made_anew(
    server: MassiveServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a listener to the whole market in trading hours, with a short limit of silence
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("feeds.massive.silence_detector.MAX_SILENCE", 0.2)
    monkeypatch.setattr("feeds.massive.silence_detector.WHOLE_MARKET", {"A.*": 0.1})
    silence = SilenceDetector(["A.*"], now=lambda: at("10:00:00") / 1000)
    with listening(server.url, silence=silence) as listener:
        server.await_subscribers()
        server.publish(bar("AAPL"))
        eventually(lambda: listener.symbols == ["AAPL"])
        # When the service answers pings and sends what is no bar, for longer than that
        eventually(lambda: server.greeted >= 3)
        # Then it was connected anew, says why, and does not say that it is connected until bars come
        assert "no bar of the whole market for " in caplog.text
        assert not listener.subscriber.connected
        assert listener.subscriber.missing > 0.2
        eventually(lambda: server.subscribed > 0)
        while not listener.subscriber.connected:
            server.publish(bar("MSFT"))
        assert listener.subscriber.trouble is None
        # And how long bars were missed
        assert "again: the bars of 0." in caplog.text


def test_a_silent_connection_for_some_symbols_is_kept(
    server: MassiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a listener to one symbol in trading hours, with a short limit of silence
    monkeypatch.setattr("feeds.massive.silence_detector.MAX_SILENCE", 0.1)
    silence = SilenceDetector(["A.AAPL"], now=lambda: at("10:00:00") / 1000)
    with listening(server.url, "A.AAPL", silence=silence, quiet=0.05) as listener:
        server.await_subscribers()
        # When nothing comes for many times as long
        time.sleep(0.5)
        # Then it is the same connection
        server.publish(bar("AAPL"))
        eventually(lambda: listener.symbols == ["AAPL"])
    assert (server.greeted, listener.subscriber.losses) == (1, 0)
