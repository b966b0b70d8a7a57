"""A Redis server, its replica, and the Sentinel that watches them."""

import subprocess
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from deploy.redis_server import RedisServer, executable, free_port
from tests.support.waiting import eventually


class Watched:
    """A server, its replica and a Sentinel that watches them.

    Args:
        folder: where the Sentinel keeps its file.
        master, replica: not yet started; the replica has been told to follow the master.
        settings: more lines for the Sentinel's configuration file.
        watch: the port at which it watches the master; None: the one that the master has.
    """

    def __init__(
        self, folder: Path, master: RedisServer, replica: RedisServer, *settings: str, watch: int | None = None
    ) -> None:
        self.master = master
        self.replica = replica
        for server in (master, replica):
            server.start()
        self.port = free_port()
        file = folder / "sentinel.conf"
        lines = (
            f"port {self.port}",
            f"sentinel monitor boards 127.0.0.1 {watch or master.port} 1",
            # It takes up to a second to reconnect to a server, which must not count as down meanwhile.
            "sentinel down-after-milliseconds boards 2000",
            "sentinel failover-timeout boards 3000",
            *settings,
        )
        file.write_text("".join(f"{line}\n" for line in lines))
        self._sentinel = subprocess.Popen(
            [executable(), str(file), "--sentinel"], stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            # The Sentinel learns of the replica from the master.
            eventually(lambda: self.told("num-slaves") == b"1", 30)
        except BaseException:
            self.stop()
            raise

    def told(self, field: str) -> Any:
        try:
            reply: Any = Redis(port=self.port, protocol=2).execute_command("SENTINEL", "MASTER", "boards")
        except RedisError:
            return None
        return dict(zip(reply[::2], reply[1::2], strict=True)).get(field.encode())

    def leads_to(self, port: int) -> bool:
        """Whether the Sentinel names this port as the master, and has connected to it as such."""
        return (self.told("port"), self.told("flags")) == (str(port).encode(), b"master")

    def url(self, database: int) -> str:
        return f"sentinel://127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        self._sentinel.terminate()
        self._sentinel.wait()
        self.master.stop()
        self.replica.stop()
