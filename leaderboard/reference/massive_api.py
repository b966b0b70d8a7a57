"""The Massive REST API: the calls that reference data takes, by the service's own client."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

from massive.exceptions import BadResponse
from massive.rest import RESTClient
from urllib3.exceptions import HTTPError, MaxRetryError

from leaderboard.event import brief, is_symbol
from leaderboard.reference.figures import PreviousDay
from leaderboard.reference.massive_answers import Answer, Bar, Float, MarketBar, Snapshot, figure, read
from leaderboard.reference.massive_patience import NotInPlanError, Pace, Patience
from leaderboard.reference.source import SourceError, SourceRefusedError

#: Calls that may be under way at the same time.
AT_ONCE = 4
CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 10.0
#: Records on a page, the most that the service puts there.
PAGE = 5_000
#: Pages of a list, which ends well before.
MOST_PAGES = 50
#: Seconds after which a service that has refused the key is asked whether it takes it by now.
REFUSED_FOR = 600

log = logging.getLogger(__name__)

Record = TypeVar("Record", MarketBar, Snapshot, Float)


class RejectedError(SourceError):
    """The service does not take the question; it would not take it the next time either."""


class MassiveApi:
    """Makes calls, at most so many a second, and reads what is answered.

    All methods block, may be called by several threads, and raise :class:`SourceError`. What is wrong with single
    records is logged once by a process.

    Args:
        key: sent as a header, and to `url` alone.
        url: scheme and host, and the path before that of every call.
        per_second: the most calls a second.
        read_timeout: seconds without a byte after which a call counts as unanswered.
    """

    def __init__(self, key: str, url: str, per_second: float, read_timeout: float = READ_TIMEOUT) -> None:
        self._key = key
        self._pace = Pace(per_second)
        self._client = RESTClient(
            key,
            base=url,
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=read_timeout,
            maxsize=AT_ONCE,
            connection_pool_kw={"retries": Patience.at(self._pace)},
        )
        self._lock = threading.Lock()
        # Why, empty where it is not; and until when no call is made.
        self._refused = ""
        self._refused_until = 0.0
        self._told: set[str] = set()

    def previous_days(self, symbols: Sequence[str] = ()) -> dict[str, PreviousDay]:
        """What the present snapshot has for the day before: of `symbols`, OTC included, or of the whole market."""
        which = {"tickers": list(symbols), "include_otc": True} if symbols else {}
        records = self._ask("snapshot", Snapshot, self._client.get_snapshot_all, "stocks", **which).records
        bars = self._by_symbol("snapshot", records)
        return {symbol: (each.prev_day or Bar()).previous_day() for symbol, each in bars.items()}

    def market_day(self, day: date, *, adjusted: bool) -> Mapping[str, Bar]:
        """The whole market's bars of one day; none where it was no trading day.

        Args:
            adjusted: as if all splits up to now had been before that day.
        """
        get = self._client.get_grouped_daily_aggs
        records = self._ask("market day", MarketBar, get, day.isoformat(), adjusted=adjusted).records
        return self._by_symbol("market day", records)

    def days(self, symbol: str, first: date, last: date, *, adjusted: bool) -> list[Bar]:
        """One symbol's daily bars; `adjusted` as above.

        Raises:
            RejectedError: the service cannot make sense of the symbol.
        """
        get, path = self._client.get_aggs, quote(symbol, safe="")
        answer = self._ask(
            "daily bars", Bar, get, path, 1, "day", first.isoformat(), last.isoformat(), adjusted=adjusted
        )
        return answer.records

    def floats(self, symbols: Sequence[str] = ()) -> dict[str, float]:
        """The free floats of `symbols`, or of the whole market, in shares."""
        params: dict[str, str] = {"limit": str(PAGE)}
        if symbols:
            params["ticker.any_of"] = ",".join(symbols)
        floats: dict[str, Float] = {}
        for _ in range(MOST_PAGES):
            answer = self._ask("floats", Float, self._client.list_stocks_floats, params=params)
            floats |= self._by_symbol("floats", answer.records)
            if not answer.next_url:
                return {symbol: shares for symbol in floats if (shares := figure(floats[symbol].free_float))}
            # Of the address only what is asked: host, path and key stay those of the first page.
            params = dict(parse_qsl(urlsplit(answer.next_url).query))
        raise SourceError(f"floats: there is no end to its pages; these were {MOST_PAGES}")

    def _ask(self, what: str, kind: type[Any], get: Callable[..., Any], *args: Any, **options: Any) -> Answer[Any]:
        if time.monotonic() < self._refused_until:
            raise SourceRefusedError(self._refused)
        self._pace.wait()
        try:
            body = get(*args, **options, raw=True).data
            answer = read(body, kind)
        except SourceRefusedError as error:
            raise self._note_refusal(error) from None
        except NotInPlanError as error:
            self._tell_once(f"{what} plan", f"{what}: not in the plan of MASSIVE_API_KEY: {error}")
            raise
        except (BadResponse, UnicodeDecodeError) as error:
            raise RejectedError(f"{what}: {brief(self._without_key(str(error)))}") from error
        except MaxRetryError as error:
            raise SourceError(f"{what}: {error.reason}") from error
        except (HTTPError, SourceError) as error:
            raise SourceError(f"{what}: {self._without_key(str(error))}") from error
        self._note_answer()
        self._tell_unread(what, answer.unread)
        return answer

    def _by_symbol(self, what: str, records: Iterable[Record]) -> dict[str, Record]:
        everything = {each.ticker: each for each in records}
        # Names for indices, tests and the like.
        foreign = [ticker for ticker in everything if not is_symbol(ticker)]
        if foreign:
            told = f"{what}: {len(foreign)} symbols that no event can have, as {brief(foreign[0])}"
            self._tell_once(f"{what} symbol", told)
        for ticker in foreign:
            del everything[ticker]
        return everything

    def _tell_unread(self, what: str, unread: Sequence[bytes]) -> None:
        if unread:
            told = f"{what}: {len(unread)} records that cannot be read, as {brief(unread[0])}"
            self._tell_once(f"{what} record", told)

    def _tell_once(self, key: str, sentence: str) -> None:
        with self._lock:
            told = key in self._told
            self._told.add(key)
        if not told:
            log.warning("%s", sentence)

    def _note_refusal(self, error: SourceRefusedError) -> SourceRefusedError:
        reason = f"MASSIVE_API_KEY is refused, {self._without_key(str(error))}"
        with self._lock:
            told = bool(self._refused)
            self._refused, self._refused_until = reason, time.monotonic() + REFUSED_FOR
        if not told:
            log.error("%s. No reference data comes from there until it is set right.", reason)
        return SourceRefusedError(reason)

    def _note_answer(self) -> None:
        with self._lock:
            # One that was on its way when the key was refused says nothing.
            if time.monotonic() >= self._refused_until:
                self._refused = ""

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "<key>")
