"""Loads the Lua scripts that stand beside the modules that call them."""

from importlib.resources import files

from redis import Redis
from redis.commands.core import Script


def load(redis: Redis, *names: str) -> Script:
    """One script made of the named files of this package, in order: what several share has a file of its own.

    It runs by its digest and loads itself again where the server has forgotten it (``SCRIPT FLUSH``, a restart).
    """
    room = files(__package__)
    return redis.register_script("\n".join(room.joinpath(name).read_text("utf-8") for name in names))
