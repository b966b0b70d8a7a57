"""The calls of the Massive REST API that reference data needs, through Massive's own client."""

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

from leaderboard.brief import brief
from leaderboard.event import is_symbol
from leaderboard.reference.figures import PreviousDay
from leaderboard.reference.massive.answers import Answer, Bar, Float, MarketBar, Snapshot, figure, read
from leaderboard.reference.massive.rate_limit import RateLimit
from leaderboard.reference.massive.retries import NotInPlanError, Retries
from leaderboard.reference.source import SourceError, SourceRefusedError

#: Calls in flight at the same time, at most.
MAX_CONCURRENT = 4
CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 10.0
#: Records on a page: the most that the service allows.
PAGE_SIZE = 5_000
#: Pages of a list; a list that has not ended by then never will.
MAX_PAGES = 50
#: Seconds until the next call after the key was refused.
REFUSED_FOR = 600

log = logging.getLogger(__name__)

Record = TypeVar("Record", MarketBar, Snapshot, Float)


class RejectedError(SourceError):
    """The service rejects the request; a retry would be rejected too."""


class MassiveApi:
    """Makes rate-limited calls and parses the answers.

    All methods block, are thread-safe, and raise :class:`SourceError`. Each kind of invalid record is logged once.

    Args:
        key: sent as a header, and only to `url`.
        url: scheme, host and the path that every call begins with.
        per_second: the most calls a second.
        read_timeout: seconds without a byte after which a call has failed.
    """

    def __init__(self, key: str, url: str, per_second: float, read_timeout: float = READ_TIMEOUT) -> None:
        self._key = key
        self._rate_limit = RateLimit(per_second)
        self._client = RESTClient(
            key,
            base=url,
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=read_timeout,
            maxsize=MAX_CONCURRENT,
            connection_pool_kw={"retries": Retries.within(self._rate_limit)},
        )
        self._lock = threading.Lock()
        # Why the key is refused, empty if it is not; and until when no call is made.
        self._refused = ""
        self._refused_until = 0.0
        self._told: set[str] = set()

    def previous_days(self, symbols: Sequence[str] = ()) -> dict[str, PreviousDay]:
        """The previous day in the current snapshot: of `symbols`, OTC included, or of the whole market."""
        which = {"tickers": list(symbols), "include_otc": True} if symbols else {}
        records = self._ask("snapshot", Snapshot, self._client.get_snapshot_all, "stocks", **which).records
        bars = self._by_symbol("snapshot", records)
        return {symbol: (each.prev_day or Bar()).previous_day() for symbol, each in bars.items()}

    def market_day(self, day: date, *, adjusted: bool) -> Mapping[str, Bar]:
        """The whole market's bars of one day; empty if the market was closed.

        Args:
            adjusted: for all splits up to now.
        """
        get = self._client.get_grouped_daily_aggs
        records = self._ask("market day", MarketBar, get, day.isoformat(), adjusted=adjusted).records
        return self._by_symbol("market day", records)

    def days(self, symbol: str, first: date, last: date, *, adjusted: bool) -> list[Bar]:
        """One symbol's daily bars; `adjusted` as above.

        Raises:
            RejectedError: the service does not accept the symbol.
        """
        get, path = self._client.get_aggs, quote(symbol, safe="")
        answer = self._ask(
            "daily bars", Bar, get, path, 1, "day", first.isoformat(), last.isoformat(), adjusted=adjusted
        )
        return answer.records

    def floats(self, symbols: Sequence[str] = ()) -> dict[str, float]:
        """The free floats of `symbols`, or of the whole market, in shares."""
        params: dict[str, str] = {"limit": str(PAGE_SIZE)}
        if symbols:
            params["ticker.any_of"] = ",".join(symbols)
        floats: dict[str, Float] = {}
        for _ in range(MAX_PAGES):
            answer = self._ask("floats", Float, self._client.list_stocks_floats, params=params)
            floats |= self._by_symbol("floats", answer.records)
            if not answer.next_url:
                return {symbol: shares for symbol in floats if (shares := figure(floats[symbol].free_float))}
            # Only the query is taken from the address: host, path and key stay those of the first page.
            params = dict(parse_qsl(urlsplit(answer.next_url).query))
        raise SourceError(f"floats: there is no end to its pages; these were {MAX_PAGES}")

    def _ask(self, what: str, kind: type[Any], get: Callable[..., Any], *args: Any, **options: Any) -> Answer[Any]:
        if time.monotonic() < self._refused_until:
            raise SourceRefusedError(self._refused)
        self._rate_limit.wait()
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
        # Indices, test tickers and the like.
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
            # The answer to a call made before the refusal does not lift it.
            if time.monotonic() >= self._refused_until:
                self._refused = ""

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "<key>")
