"""``python -m watch.gateway.history.query_worker FOLDER``: a process that answers queries, one at a time.

It says that it is ready, reads queries from its input and writes the replies to its output, until its input ends:
when the gateway stops it, or is no more.
"""

import logging
import os
import resource
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

import duckdb
import msgspec

from config.logging import configure
from config.settings import settings
from history.errors import HistoryError, NothingRecordedError
from history.queries.connection import connection
from watch.gateway.history import messages
from watch.gateway.history.messages import HEADER, Query, Reply
from watch.gateway.history.queries import ANY
from watch.gateway.limits import HISTORY_MEMORY, QUERY_DEADLINE

log = logging.getLogger("history")

# Of what others leave: queries never take a processor from the gateway.
_NICENESS = 5
# Seconds after which a query ends the process in any case.
_LAST_RESORT = round(2 * QUERY_DEADLINE)
_DECODER: msgspec.msgpack.Decoder[Query] = msgspec.msgpack.Decoder(ANY)


def main() -> None:
    """Answer queries until there are no more."""
    configure(settings())
    # Ctrl-C goes to all processes of a terminal. The gateway stops this one by closing its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    # Of all memory that is not shared. DuckDB's own limit is lower, and spills nothing to the disk.
    resource.setrlimit(resource.RLIMIT_DATA, (HISTORY_MEMORY, HISTORY_MEMORY))
    folder = Path(sys.argv[1])
    # Nothing but replies may come out of this process.
    with os.fdopen(os.dup(1), "wb") as output:
        os.dup2(2, 1)
        _load()
        _send(messages.READY, output)
        for query in _queries(sys.stdin.buffer):
            # The gateway kills this process earlier. If there is no gateway any more, the alarm ends it.
            signal.alarm(_LAST_RESORT)
            reply = _reply(query, folder)
            signal.alarm(0)
            _send(reply, output)


def _load() -> None:
    """Import what answers queries, and start DuckDB, so that the first query takes no longer than others."""
    for name in ("closes", "day_candles", "days", "market_at"):
        import_module(f"history.queries.{name}")
    connection()


def _send(reply: Reply, output: BinaryIO) -> None:
    output.write(messages.framed(reply))
    output.flush()


def _queries(stream: BinaryIO) -> Iterator[Query]:
    while header := stream.read(HEADER):
        yield _DECODER.decode(stream.read(messages.length(header)))


def _reply(query: Query, folder: Path) -> Reply:
    try:
        return Reply(200, query.answer(folder))
    except NothingRecordedError as error:
        return Reply(404, str(error).encode())
    except HistoryError as error:
        return Reply(503, str(error).encode())
    except (duckdb.Error, OSError, MemoryError) as error:
        # The text may name files: it is for the log, not for whoever asked.
        log.error("a query failed: %s: %s", type(query).__name__, error, exc_info=error)
        return Reply(503, b"the history cannot be read at the moment")


if __name__ == "__main__":
    main()
