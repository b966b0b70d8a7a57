"""``make run``: the whole system on this machine, with a Redis of its own, on a made-up market or the live one.

It is the live one where ``MASSIVE_API_KEY`` is set. No Redis is touched that was not started here, unless
``REDIS_URL`` names one.
"""

import os
import secrets
import shlex
import shutil
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from config import local_run
from config.redact import redacted
from config.redis_urls import Sentinels
from config.settings import settings
from deploy.redis_server import client, free_port

_BIN = Path(sys.executable).parent
_PROCFILE = "Procfile.dev"


def preferred_or_free(port: int) -> int:
    """`port`, where nobody listens on it, else another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return free_port()
        return port


def beside(url: str) -> str:
    """The next database of the same server: bars wait beside the boards."""
    # Of Sentinels the first URL says which database.
    first, *others = (each.strip() for each in url.split(";")) if Sentinels.parse(url) else (url,)
    parts = urlsplit(first)
    database = int(parts.path.strip("/") or 0) + 1
    return ";".join([urlunsplit(parts._replace(path=f"/{database}")), *others])


def is_live(given: dict[str, str]) -> bool:
    """Whether there is a key for the live market."""
    return bool(given.get("MASSIVE_API_KEY"))


def environment(given: dict[str, str]) -> dict[str, str]:
    """The processes' environment: what was given, and what they need beside it."""
    made = {"MARKET_CLOCK": "wall" if is_live(given) else "events", "LOG_FORMAT": "text", "PYTHONUNBUFFERED": "1"}
    made["GATEWAY_PORT"] = str(preferred_or_free(8000))
    made["FLOWER_PORT"] = str(preferred_or_free(5555))
    # Set but empty counts as unset, as for the settings.
    made |= {name: value for name, value in given.items() if value}
    if "REDIS_URL" in made:
        if "CELERY_BROKER_URL" not in made:
            made["CELERY_BROKER_URL"] = beside(made["REDIS_URL"])
            if "REDIS_MASTER" in made:
                made["CELERY_BROKER_MASTER"] = made["REDIS_MASTER"]
    else:
        # The usual port where it is free.
        made["REDIS_PORT"] = str(preferred_or_free(6379))
        # The made-up market's days run ahead: to its boards all that is live would be late.
        made["REDIS_FOLDER"] = ".run/live" if is_live(given) else ".run/redis"
        # Of this run alone: else any process of this machine could have the server write its files elsewhere.
        made["REDIS_URL"] = f"redis://:{secrets.token_urlsafe(32)}@127.0.0.1:{made['REDIS_PORT']}/0"
        made["CELERY_BROKER_URL"] = beside(made["REDIS_URL"])
        # Of the URL whose place this one takes.
        made.pop("CELERY_BROKER_MASTER", None)
    made["PATH"] = f"{_BIN}{os.pathsep}{given.get('PATH', os.defpath)}"
    return made


def greeting(made: dict[str, str]) -> str:
    watch = f"{os.path.relpath(_BIN)}/python -m watch top"
    # A URL can hold a password: it is named, never shown.
    redis = redacted(made["REDIS_URL"])
    if "REDIS_PORT" in made:
        password = f"$(cat {made['REDIS_FOLDER']}/password)"
        if local_run.env_file({}):
            # Another run of this checkout is the one that commands find by themselves.
            watch = f'REDIS_URL="redis://:{password}@127.0.0.1:{made["REDIS_PORT"]}/0" {watch}'
        redis = f"REDISCLI_AUTH={password} {_shortest(client())} -p {made['REDIS_PORT']}"
    elif made["REDIS_URL"] != "redis://127.0.0.1:6379/0":
        watch = f"REDIS_URL={shlex.quote(redis)} {watch}"
    if "REDIS_MASTER" in made:
        watch = watch.replace(" ", f" REDIS_MASTER={shlex.quote(made['REDIS_MASTER'])} ", 1)
    market = (
        "The live market's bars come as it trades."
        if is_live(made)
        else "The demonstration market opens within two minutes."
    )
    return (
        f"\nThe boards:  http://127.0.0.1:{made['GATEWAY_PORT']}\n"
        f"  or, in another terminal: {watch}\n"
        f"Flower:      http://127.0.0.1:{made['FLOWER_PORT']}\n"
        f"Redis:       {redis}\n"
        f"{market} Ctrl-C stops everything.\n"
    )


def _shortest(command: str) -> str:
    """A command by its name where the PATH has it, else as seen from here."""
    return Path(command).name if shutil.which(Path(command).name) == command else os.path.relpath(command)


def main() -> None:
    # A wrong setting is told here, once, and not by each of the processes.
    settings()
    made = environment(dict(os.environ))
    print(greeting(made), flush=True)
    processes = ["worker", "clock", "beat", "web", "flower", "live" if is_live(made) else "market"]
    if "REDIS_PORT" in made:
        processes.insert(0, "redis")
    if not (_BIN / "honcho").is_file():
        sys.exit("The package honcho is missing: pip install 'live-leaderboards[demo]' brings it.")
    os.execve(_BIN / "honcho", ["honcho", "--procfile", _PROCFILE, "start", *processes], made)


if __name__ == "__main__":
    main()
