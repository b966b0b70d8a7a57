"""A fake server of the Massive REST API, which can be told to fail."""

import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from leaderboard.sessions import NEW_YORK, is_trading_day

KEY = "the-key-that-the-server-knows"
#: The host of the service's links to next pages. Clients must not follow it.
ELSEWHERE = "https://api.massive.com"


@dataclass
class Fault:
    """How one call fails.

    Attributes:
        status: of the answer.
        body: its text.
        headers: its own headers.
        silent: there is no answer; the connection stays open.
        cut: there is none, and the connection is closed.
    """

    status: int = 500
    body: bytes = b"<html>Internal Server Error</html>"
    headers: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False
    cut: bool = False


REFUSAL = Fault(401, b'{"status":"ERROR","request_id":"b1a2c3d4","error":"Unknown API Key"}')
NOT_IN_PLAN = Fault(
    403, b'{"status":"NOT_AUTHORIZED","request_id":"1","message":"You are not entitled to this data."}'
)


@dataclass
class Listing:
    """What the market knows of a symbol.

    Attributes:
        close: of every day; the other prices lie around it.
        volume: shares on the last of its days; on the day before one less, and so on.
        since: its first day.
        free_float: in shares.
        in_bulk: whether answers about the whole market hold it.
    """

    close: float = 10.0
    volume: float = 1000.0
    since: date = date(2000, 1, 3)
    free_float: float | None = 5e6
    in_bulk: bool = True

    def bar(self, age: int) -> dict[str, Any]:
        """Its bar of so many days ago."""
        volume = self.volume - age
        price = {"o": self.close - 1, "h": self.close + 2, "l": self.close - 2, "c": self.close, "vw": self.close}
        return price | {"v": volume, "n": 7}


class MassiveRest:
    """The market and its server, on a port of the loopback interface.

    Args:
        listings: the market; it may be changed while the server runs.
        today: the day whose snapshot there is; bars are those of the trading days before.
        delay: seconds before each answer.
    """

    def __init__(self, listings: dict[str, Listing], today: date, delay: float = 0.0) -> None:
        self.listings = listings
        self.today = today
        self.key = KEY
        #: Records in the snapshot as they stand, beside those of the listings.
        self.raw_snapshot: list[Any] = []
        self.calls: Counter[str] = Counter()
        self.queries: list[tuple[str, dict[str, str]]] = []
        self._faults: dict[str, deque[Fault]] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        handler = type("Handler", (_Handler,), {"massive": self, "delay": delay})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def fail(self, kind: str, *faults: Fault) -> None:
        """Have the next calls of a kind (``snapshot``, ``grouped``, ``range``, ``float``) fail, one by one."""
        self._faults.setdefault(kind, deque()).extend(faults)

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    # --- for the handler

    def note(self, kind: str, query: dict[str, str]) -> Fault | None:
        with self._lock:
            self.calls[kind] += 1
            self.queries.append((kind, query))
            faults = self._faults.get(kind)
            return faults.popleft() if faults else None

    def wait(self, seconds: float | None) -> None:
        self._closing.wait(seconds)

    def answer(self, kind: str, parts: Sequence[str], query: dict[str, str]) -> Any:
        return getattr(self, f"_{kind}")(parts, query)

    def _snapshot(self, parts: Sequence[str], query: dict[str, str]) -> Any:
        named = query.get("tickers", "").split(",") if "tickers" in query else None
        symbols = named or [symbol for symbol, each in self.listings.items() if each.in_bulk]
        zeros = dict.fromkeys(("o", "h", "l", "c", "v", "vw"), 0)
        records = [
            {
                "ticker": symbol,
                "todaysChangePerc": 0,
                "todaysChange": 0,
                "updated": 0,
                "day": zeros,
                "lastQuote": {"P": 10.14, "S": 100, "p": 4.02, "s": 200, "t": 1788385980252379425},
                "lastTrade": {"i": "", "p": 0, "s": 0, "t": 0, "x": 0},
                "min": zeros | {"av": 0, "t": 0, "n": 0},
                "prevDay": self.listings[symbol].bar(0) if self.listings[symbol].since < self.today else zeros,
            }
            for symbol in symbols
            if symbol in self.listings
        ]
        tickers = records + (self.raw_snapshot if named is None else [])
        return {"status": "OK", "request_id": "c9b98c19", "count": len(tickers), "tickers": tickers}

    def _grouped(self, parts: Sequence[str], query: dict[str, str]) -> Any:
        day = date.fromisoformat(parts[-1])
        bars: list[dict[str, Any]] = []
        if is_trading_day(day) and day < self.today:
            age, start = self._age(day), _milliseconds(day)
            for symbol, each in self.listings.items():
                if each.in_bulk and each.since <= day:
                    bars.append({"T": symbol, "t": start, **each.bar(age)})
        answer = {"status": "OK", "adjusted": True, "queryCount": len(bars), "request_id": 1}
        return answer | {"resultsCount": len(bars)} | ({"results": bars} if bars else {})

    def _range(self, parts: Sequence[str], query: dict[str, str]) -> Any:
        symbol, first, last = unquote(parts[4]), date.fromisoformat(parts[-2]), date.fromisoformat(parts[-1])
        days = [date.fromordinal(each) for each in range(first.toordinal(), last.toordinal() + 1)]
        bars = [
            self.listings[symbol].bar(self._age(day)) | {"t": _milliseconds(day)}
            for day in days
            if is_trading_day(day) and symbol in self.listings and self.listings[symbol].since <= day < self.today
        ]
        return {"status": "OK", "ticker": symbol, "adjusted": True} | ({"results": bars} if bars else {})

    def _float(self, parts: Sequence[str], query: dict[str, str]) -> Any:
        if "cursor" in query:
            symbols, limit, start = self._bulk_symbols(), *map(int, query["cursor"].split("-"))
        elif "ticker.any_of" in query:
            symbols, limit, start = query["ticker.any_of"].split(","), int(query["limit"]), 0
        else:
            symbols, limit, start = self._bulk_symbols(), int(query["limit"]), 0
        records = [
            {"ticker": symbol, "free_float": self.listings[symbol].free_float, "effective_date": "2025-11-01"}
            for symbol in symbols[start : start + limit]
            if symbol in self.listings
        ]
        answer: dict[str, Any] = {"status": "OK", "request_id": 1, "results": records}
        if start + limit < len(symbols):
            answer["next_url"] = f"{ELSEWHERE}/stocks/vX/float?cursor={limit}-{start + limit}"
        return answer

    def _bulk_symbols(self) -> list[str]:
        return [symbol for symbol, each in self.listings.items() if each.in_bulk]

    def _age(self, day: date) -> int:
        """Trading days between `day` and the last one before today."""
        between = range(day.toordinal() + 1, self.today.toordinal())
        return sum(is_trading_day(date.fromordinal(each)) for each in between)


def _milliseconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).timestamp() * 1000)


class _Handler(BaseHTTPRequestHandler):
    massive: MassiveRest
    delay: float
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        parts = address.path.split("/")
        kind = next(each for each in ("snapshot", "grouped", "range", "float") if each in parts)
        fault = self.massive.note(kind, query)
        self.massive.wait(self.delay)
        if fault is None and self.headers["Authorization"] != f"Bearer {self.massive.key}":
            fault = REFUSAL
        if fault is None:
            self._send(200, msgspec.json.encode(self.massive.answer(kind, parts, query)), {})
        elif fault.silent:
            self.massive.wait(None)
            self.close_connection = True
        elif fault.cut:
            self.close_connection = True
        else:
            self._send(fault.status, fault.body, fault.headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def massive_rest(listings: dict[str, Listing], today: date, delay: float = 0.0) -> Iterator[MassiveRest]:
    server = MassiveRest(listings, today, delay)
    try:
        yield server
    finally:
        server.close()
