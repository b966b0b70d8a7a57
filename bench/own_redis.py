"""A Redis of a benchmark's own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.redis_server import RedisServer


@contextmanager
def own_redis(*options: str) -> Iterator[RedisServer]:
    """A Redis on the loopback interface in a folder of its own. Both are removed at the end of the block.

    Args:
        options: more options of redis-server's command line.
    """
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder), None, *options).start()
        try:
            yield server
        finally:
            server.stop()
