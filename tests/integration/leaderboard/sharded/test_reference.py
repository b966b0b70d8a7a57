"""Reference data while one of three servers is away: the others' symbols are done, its own are done later."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path

import pytest

from leaderboard.clock import Clock
from leaderboard.connections.connection import connect_shards
from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.reference.source import SourceError
from leaderboard.shards import AwayError
from leaderboard.system import System
from tests.integration.leaderboard.sharded.test_away import FAILING, SYMBOLS, bars, deployment
from tests.support.boards import row
from tests.support.market import TODAY

KNOWN = Reference(PreviousDay(8, 9, 7, 8, 1000, 8.1), Profile(200.0, 5e6))


class Source:
    """Knows the same of every symbol."""

    def fetch(self, symbols: Collection[str], day: date) -> Mapping[str, Reference]:
        return dict.fromkeys(symbols, KNOWN)

    def fetch_all(self, day: date) -> Iterable[Mapping[str, Reference]]:
        return [dict.fromkeys(SYMBOLS, KNOWN)]


def test_a_server_is_away(tmp_path: Path) -> None:
    with deployment(tmp_path, FAILING) as deployed:
        # Given bars of all symbols without reference data, and one of three servers that is away
        shards = connect_shards(deployed.settings)
        system = System(shards, Clock(shards.first), deployed.settings, Source())
        system.process(bars(1))
        others = [symbol for symbol in SYMBOLS if shards.index(symbol) != FAILING]
        own = {*SYMBOLS} - {*others}
        deployed.failing.kill()

        # When what the bars lacked is fetched, then the others' rows have it, and the rest stays requested
        fetched = system.reference.fetch_requested()
        assert (fetched.symbols, f"server {FAILING + 1} of the boards" in fetched.skipped) == (len(others), True)
        assert all(row(shards.of(symbol), symbol)["prev_day_close"] == 8 for symbol in others)

        # And the market cannot be warmed as a whole, or learnt
        with pytest.raises(SourceError, match="not warmed as a whole"):
            system.reference.warm()
        with pytest.raises(AwayError):
            system.reference.learn(TODAY, dict.fromkeys(SYMBOLS, Reference(PreviousDay(close=7), Profile())))
        assert all(row(shards.of(symbol), symbol)["prev_day_close"] == 7 for symbol in others)

        # When the server is back, then the same calls do the rest
        deployed.failing.start()
        assert system.reference.fetch_requested().symbols == len(own)
        assert all(row(shards.of(symbol), symbol)["prev_day_close"] == 8 for symbol in own)
        system.reference.warm()
        assert all(row(shards.of(symbol), symbol)["prev_day_close"] == 8 for symbol in SYMBOLS)
