"""A server of Redis and who watches it."""

import subprocess
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from deploy.redis_server import RedisServer, executable, free_port
from tests.waiting import eventually


class Watched:
    """A server, its replica and a Sentinel that watches them."""

    def __init__(self, folder: Path) -> None:
        self.master = RedisServer(folder / "master").start()
        self.replica = RedisServer(
            folder / "replica", None, "--replicaof", "127.0.0.1", str(self.master.port)
        ).start()
        self.port = free_port()
        settings = folder / "sentinel.conf"
        settings.write_text(
            f"port {self.port}\n"
            f"sentinel monitor boards 127.0.0.1 {self.master.port} 1\n"
            "sentinel down-after-milliseconds boards 500\n"
            "sentinel failover-timeout boards 3000\n"
        )
        self._sentinel = subprocess.Popen(
            [executable(), str(settings), "--sentinel"], stdout=subprocess.DEVNULL, start_new_session=True
        )
        # It hears of the replica from the server.
        eventually(lambda: self.told("num-slaves") == b"1", 30)

    def told(self, field: str) -> Any:
        try:
            reply: Any = Redis(port=self.port, protocol=2).execute_command("SENTINEL", "MASTER", "boards")
        except RedisError:
            return None
        return dict(zip(reply[::2], reply[1::2], strict=True)).get(field.encode())

    def url(self, database: int) -> str:
        return f"sentinel://127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        self._sentinel.terminate()
        self._sentinel.wait()
        self.master.stop()
        self.replica.stop()
