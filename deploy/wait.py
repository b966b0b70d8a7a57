"""``python -m deploy.wait``: waits until all Redis servers answer. Procfiles run it before each process."""

import sys
import time

from redis.exceptions import BusyLoadingError, RedisError

from config.redis_urls import Server
from config.settings import settings
from leaderboard.connections.connection import connect

#: Seconds to wait for an answer, without the time in which a server reads its append-only file.
TIMEOUT = 30.0


def main() -> str | None:
    """Wait. Returns None, or a sentence that names the server that did not answer."""
    deadline = time.monotonic() + TIMEOUT
    configured = settings()
    broker = Server(configured.celery_broker_url, configured.celery_broker_master)
    first, *others = configured.board_servers
    for variable, server in (
        ("redis_url", first),
        *(("board_shards", other) for other in others),
        ("celery_broker_url", broker),
    ):
        client = connect(server.url, server.master)
        while True:
            try:
                client.ping()
                break
            except BusyLoadingError:
                deadline = time.monotonic() + TIMEOUT
                time.sleep(0.5)
            except RedisError as error:
                if time.monotonic() > deadline:
                    return f"{variable.upper()}: no answer for {TIMEOUT:.0f} s: {error}"
                time.sleep(0.1)
    return None


if __name__ == "__main__":
    sys.exit(main())
