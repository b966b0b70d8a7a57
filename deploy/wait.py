"""``python -m deploy.wait``: returns once both Redis roles answer; a Procfile starts on it what needs them."""

import sys
import time

from redis import Redis
from redis.exceptions import RedisError

from config.settings import settings

SECONDS = 30.0


def main() -> str | None:
    """Returns None, or a sentence that names what did not answer."""
    deadline = time.monotonic() + SECONDS
    for variable in ("redis_url", "celery_broker_url"):
        client = Redis.from_url(getattr(settings(), variable), socket_timeout=1)
        while True:
            try:
                client.ping()
                break
            except RedisError as error:
                if time.monotonic() > deadline:
                    return f"{variable.upper()}: no answer for {SECONDS:.0f} s: {error}"
                time.sleep(0.1)
    return None


if __name__ == "__main__":
    sys.exit(main())
