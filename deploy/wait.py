"""``python -m deploy.wait``: returns once both Redis roles answer; a Procfile starts on it what needs them."""

import sys
import time

from redis.exceptions import BusyLoadingError, RedisError

from config.settings import settings
from leaderboard.connections.connection import connect

#: Seconds without an answer; what a server reads of its append-only file does not count.
SECONDS = 30.0


def main() -> str | None:
    """Returns None, or a sentence that names what did not answer."""
    deadline = time.monotonic() + SECONDS
    told = settings()
    for variable, url, master in (
        ("redis_url", told.redis_url, told.redis_master),
        ("celery_broker_url", told.celery_broker_url, told.celery_broker_master),
    ):
        client = connect(url, master)
        while True:
            try:
                client.ping()
                break
            except BusyLoadingError:
                deadline = time.monotonic() + SECONDS
                time.sleep(0.5)
            except RedisError as error:
                if time.monotonic() > deadline:
                    return f"{variable.upper()}: no answer for {SECONDS:.0f} s: {error}"
                time.sleep(0.1)
    return None


if __name__ == "__main__":
    sys.exit(main())
