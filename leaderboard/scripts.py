"""Loads the Lua scripts that stand beside the modules that call them."""

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import ConnectionError, NoScriptError, TimeoutError


def load(redis: Redis, *names: str) -> Script:
    """One script made of the named files of this package, in order: what several share has a file of its own.

    It runs by its digest and loads itself again where the server has forgotten it (``SCRIPT FLUSH``, a restart).
    """
    room = files(__package__)
    return redis.register_script("\n".join(room.joinpath(name).read_text("utf-8") for name in names))


def begin(redis: Redis, script: Script, names: Sequence[str], arguments: Sequence[Any]) -> Callable[[], Any]:
    """Have a script run, without waiting for it.

    For scripts that may run twice: where the connection fails, it is called again.

    Args:
        redis: whose script it is.
        script: which one.
        names: its keys.
        arguments: its other arguments.

    Returns:
        What waits for the reply and returns it. It is to be called once, and raises as the script's call does.
    """
    pool = redis.connection_pool
    connection = pool.get_connection()
    try:
        # Without annotations.
        connection.send_command("EVALSHA", script.sha, len(names), *names, *arguments)  # type: ignore[no-untyped-call]
    except (ConnectionError, TimeoutError):
        pool.release(connection)
        return lambda: script(names, arguments)
    except BaseException:
        pool.release(connection)
        raise

    def reply() -> Any:
        try:
            answer = connection.read_response()
        except (ConnectionError, TimeoutError, NoScriptError):
            # The client's own way, which tries again for some seconds and loads the script where it is not known.
            answer = script(names, arguments)
        finally:
            pool.release(connection)
        return answer

    return reply
