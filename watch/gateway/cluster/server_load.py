"""What a Redis server uses: memory, CPU time, connections, as its INFO tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

# The sections of INFO to ask for, one call each: Redis 6.2 takes only one at a time.
_SECTIONS = ("memory", "cpu", "clients")


@dataclass(frozen=True)
class ServerLoad:
    """What the server uses; None: it does not tell.

    Attributes:
        memory: bytes of its data and buffers.
        memory_limit: bytes that it may use; 0: no limit.
        cpu: seconds of CPU time since it started: of the main thread, which runs all commands; of all threads if
            the server does not tell.
        clients: connections.
        refusal: why it does not answer INFO, as many managed servers do not; empty: it does.
    """

    memory: float | None = None
    memory_limit: float | None = None
    cpu: float | None = None
    clients: float | None = None
    refusal: str = ""

    @staticmethod
    def add_questions(pipe: Any) -> None:
        """Add the commands to a pipeline of redis-py, blocking or asynchronous."""
        for section in _SECTIONS:
            pipe.info(section)

    @classmethod
    def parse(cls, replies: Sequence[Any]) -> "ServerLoad":
        """Parse the replies to :meth:`add_questions`; an error stands for a refusal."""
        info: dict[str, Any] = {}
        for reply in replies:
            info |= reply if isinstance(reply, dict) else {}
        main_thread = _sum(info, "used_cpu_sys_main_thread", "used_cpu_user_main_thread")
        return cls(
            memory=_sum(info, "used_memory"),
            memory_limit=_sum(info, "maxmemory"),
            cpu=main_thread if main_thread is not None else _sum(info, "used_cpu_sys", "used_cpu_user"),
            clients=_sum(info, "connected_clients"),
            refusal=next((f"INFO: {reply}" for reply in replies if isinstance(reply, RedisError)), ""),
        )


def _sum(info: Mapping[str, Any], *names: str) -> float | None:
    numbers = [number for name in names if isinstance(number := info.get(name), int | float)]
    return sum(numbers) if len(numbers) == len(names) else None
