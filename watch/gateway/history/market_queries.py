"""The queries that the pool answers about boards, screens and quotes of a second, or of several.

See :mod:`watch.gateway.history.queries`: what answers them is imported where it runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct

if TYPE_CHECKING:
    from history.queries.market_at import MarketAt


class _Symbol(Struct):
    symbol: str


_encode = msgspec.json.Encoder().encode
_decode_symbol = msgspec.json.Decoder(_Symbol).decode


class PastBoard(Struct, frozen=True):
    """A board or screen of the past.

    Attributes:
        published_at: when, Unix milliseconds.
        session: number of the session that it showed; None: it is not known.
        rows: JSON, as it was published.
    """

    published_at: int
    session: int | None
    rows: Raw


class FindBoard(Struct, tag=True, frozen=True):
    """Asks for a board or screen as it was published at a second, as JSON of :class:`PastBoard`.

    Attributes:
        name: of the board or screen.
        at: the second, Unix milliseconds.
    """

    name: str
    at: int

    def answer(self, folder: Path) -> bytes:
        from history.queries.boards_at import board_at

        found = board_at(folder, self.name, self.at)
        session = found.session.number if found.session else None
        return _encode(PastBoard(found.published_at, session, Raw(found.json())))


class PastMarket(Struct, frozen=True):
    """Boards, screens and quotes of the past.

    Attributes:
        published_at: when the boards were, Unix milliseconds.
        session: number of the session that they showed; None: no bar had come yet.
        newest_bar: when the market's newest bar until then ended, Unix milliseconds; None: there was none.
        boards: by name, the rows with the fields that were asked for.
        unknown: by the name of one that has no rows here, a sentence that says why.
        quotes: by symbol.
    """

    published_at: int
    session: int | None
    newest_bar: int | None
    boards: dict[str, list[Raw]]
    unknown: dict[str, str]
    quotes: dict[str, Raw]


class FindMarket(Struct, tag=True, frozen=True):
    """Asks for boards, screens and quotes as they stood at a second, as JSON of :class:`PastMarket`.

    Attributes:
        at: the second, Unix milliseconds.
        boards: names of boards and screens.
        symbols: whose quotes are wanted.
        limit: rows of each board; None: all that were published.
        fields: of the boards' rows; None: all.
    """

    at: int
    boards: tuple[str, ...]
    symbols: tuple[str, ...]
    limit: int | None = None
    fields: tuple[str, ...] | None = None

    def answer(self, folder: Path) -> bytes:
        from history.queries.market_at import Wanted, market_at

        found = market_at(folder, self.at, Wanted(self.boards, self.symbols, self.limit))
        return _encode(_with_fields(found, self.fields))


class PastSecond(Struct, frozen=True):
    """A second of a run.

    Attributes:
        at: the second, Unix milliseconds.
        market: as it stood then; None: it is not known.
        unknown: why it is not; empty: it is.
    """

    at: int
    market: PastMarket | None = None
    unknown: str = ""


class FindRun(Struct, tag=True, frozen=True):
    """Asks for boards, screens and quotes at a run of seconds, as JSON of a list of :class:`PastSecond`.

    Attributes:
        seconds: rising, Unix milliseconds.
        boards, symbols, limit, fields: as of :class:`FindMarket`, of each second.
    """

    seconds: tuple[int, ...]
    boards: tuple[str, ...]
    symbols: tuple[str, ...]
    limit: int | None = None
    fields: tuple[str, ...] | None = None

    def answer(self, folder: Path) -> bytes:
        from history.errors import NothingRecordedError
        from history.queries.market_at import Wanted, markets_at

        found = markets_at(folder, self.seconds, Wanted(self.boards, self.symbols, self.limit))
        run = [
            PastSecond(at, unknown=str(each))
            if isinstance(each, NothingRecordedError)
            else PastSecond(at, _with_fields(each, self.fields))
            for at, each in zip(self.seconds, found, strict=True)
        ]
        return _encode(run)


def _with_fields(found: "MarketAt", fields: tuple[str, ...] | None) -> PastMarket:
    from leaderboard.boards import BY_NAME
    from leaderboard.fields import NAMES, SCREEN_NAMES
    from watch.gateway.http.api.answers.row_columns import RowColumns

    of_boards, of_screens = (RowColumns(fields, known) for known in (NAMES, SCREEN_NAMES))
    boards = {
        name: (of_boards if name in BY_NAME else of_screens).of([*map(Raw, rows)])
        for name, rows in found.boards.items()
    }
    quotes = {symbol: Raw(quote) for symbol, quote in found.quotes.items()}
    session = found.session.number if found.session else None
    return PastMarket(found.published_at, session, found.newest_bar, boards, {**found.unknown}, quotes)


class PastRanks(Struct, frozen=True):
    """Where the symbols of a board stood a minute before a second.

    Attributes:
        published_at: Unix milliseconds; None: it is not known, or the board was of another session.
        symbols: best first.
    """

    published_at: int | None
    symbols: list[str]


class FindRanks(Struct, tag=True, frozen=True):
    """Asks where the symbols of a board stood some time before a second, as JSON of :class:`PastRanks`.

    Attributes:
        name: of the board or screen.
        at: the second, Unix milliseconds.
        before: milliseconds before it.
    """

    name: str
    at: int
    before: int

    def answer(self, folder: Path) -> bytes:
        from history.errors import NothingRecordedError
        from history.queries.market_at import Wanted, markets_at

        then, now = markets_at(folder, [self.at - self.before, self.at], Wanted([self.name]))
        if isinstance(now, NothingRecordedError):
            raise now
        if self.name in now.unknown:
            raise NothingRecordedError(now.unknown[self.name])
        if isinstance(then, NothingRecordedError) or self.name in then.unknown or then.session != now.session:
            return _encode(PastRanks(None, []))
        symbols = [_decode_symbol(row).symbol for row in then.boards[self.name]]
        return _encode(PastRanks(then.published_at, symbols))
