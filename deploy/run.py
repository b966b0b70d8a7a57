"""``make run``: the whole system on this machine, with a Redis of its own, on a made-up market or the live one.

The market is the live one if ``MASSIVE_API_KEY`` is set. The Redis is started here, unless ``REDIS_URL`` names
another.
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
from config.extras import missing
from config.redact import redacted
from config.redis_urls import Sentinels
from config.settings import settings
from deploy.redis_server import client, free_port

_BIN = Path(sys.executable).parent
_PROCFILE = "Procfile.dev"
# Days of history that are kept.
_DAYS = 2


def preferred_or_free(port: int) -> int:
    """`port` if it is free, else another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return free_port()
        return port


def beside(url: str) -> str:
    """The URL of the server's next database, for the queues beside the boards."""
    # With Sentinels, the first URL has the database.
    first, *others = (each.strip() for each in url.split(";")) if Sentinels.parse(url) else (url,)
    parts = urlsplit(first)
    database = int(parts.path.strip("/") or 0) + 1
    return ";".join([urlunsplit(parts._replace(path=f"/{database}")), *others])


def is_live(given: dict[str, str]) -> bool:
    """Whether there is a key for the live market."""
    return bool(given.get("MASSIVE_API_KEY"))


def environment(given: dict[str, str]) -> dict[str, str]:
    """The environment of the processes: the given one, and defaults for what is missing."""
    made = {"MARKET_CLOCK": "wall" if is_live(given) else "events", "LOG_FORMAT": "text", "PYTHONUNBUFFERED": "1"}
    made["GATEWAY_PORT"] = str(preferred_or_free(8000))
    made["FLOWER_PORT"] = str(preferred_or_free(5555))
    # Of the feed, the recorder and the notifier alone, which also export over OTLP if that has an endpoint.
    made["FEED_METRICS"] = given.get("OTEL_METRICS_EXPORTER") or "otlp,prometheus"
    made["OTEL_EXPORTER_PROMETHEUS_PORT"] = str(preferred_or_free(9464))
    made["RECORDER_METRICS_PORT"] = str(preferred_or_free(9465))
    made["NOTIFIER_METRICS_PORT"] = str(preferred_or_free(9466))
    # Nothing is removed from a folder that the user has named.
    made["RECORD_OPTIONS"] = ""
    # Like the settings, treat an empty variable as unset.
    made |= {name: value for name, value in given.items() if value}
    if "REDIS_URL" in made:
        if "CELERY_BROKER_URL" not in made:
            made["CELERY_BROKER_URL"] = beside(made["REDIS_URL"])
            if "REDIS_MASTER" in made:
                made["CELERY_BROKER_MASTER"] = made["REDIS_MASTER"]
    else:
        # The usual port where it is free.
        made["REDIS_PORT"] = str(preferred_or_free(6379))
        # One for each market: the made-up market's days run ahead, so on its boards all live bars would be late.
        made["REDIS_FOLDER"] = ".run/live" if is_live(given) else ".run/redis"
        # History of these boards; that of others is for their own recorder.
        if "HISTORY_DIR" not in made:
            made["HISTORY_DIR"] = str(Path(".run/live-history" if is_live(given) else ".run/history").resolve())
            made["RECORD_OPTIONS"] = f"--keep {_DAYS}"
        # A new password for each run: without one, any process on this machine could reconfigure the server.
        made["REDIS_URL"] = f"redis://:{secrets.token_urlsafe(32)}@127.0.0.1:{made['REDIS_PORT']}/0"
        made["CELERY_BROKER_URL"] = beside(made["REDIS_URL"])
        # It belongs to the URL that is replaced here.
        made.pop("CELERY_BROKER_MASTER", None)
    made["PATH"] = f"{_BIN}{os.pathsep}{given.get('PATH', os.defpath)}"
    return made


def processes(made: dict[str, str]) -> list[str]:
    """The names of the processes that an environment has use for."""
    names = ["worker", "clock", "beat", "web", "flower", "live" if is_live(made) else "market"]
    optional = {"redis": "REDIS_PORT", "recorder": "HISTORY_DIR", "notifier": "ALERT_URLS"}
    return [*names, *(name for name, variable in optional.items() if variable in made)]


def greeting(made: dict[str, str]) -> str:
    watch = f"{os.path.relpath(_BIN)}/python -m watch top"
    # The URL may have a password: do not print it.
    redis = redacted(made["REDIS_URL"])
    if "REDIS_PORT" in made:
        password = f"$(cat {made['REDIS_FOLDER']}/password)"
        if local_run.env_file({}):
            # Commands find the other run of this checkout by default, so this one is named.
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
        f"Metrics:     {' and '.join(_scraped(made))}, for Prometheus\n"
        f"Redis:       {redis}\n"
        f"{_history(made)}"
        f"{market} Ctrl-C stops everything.\n"
    )


def _history(made: dict[str, str]) -> str:
    """Where history is kept; empty if it is not."""
    folder = made.get("HISTORY_DIR")
    kept = f", of the last {_DAYS} days" if made["RECORD_OPTIONS"] else ""
    return f"History:     {os.path.relpath(folder)}{kept}\n" if folder else ""


def _scraped(made: dict[str, str]) -> list[str]:
    """The pages of metrics for Prometheus: the gateway's, the feed's, the recorder's and the notifier's."""
    ports = [made["GATEWAY_PORT"]]
    if "prometheus" in made["FEED_METRICS"]:
        ports.append(made["OTEL_EXPORTER_PROMETHEUS_PORT"])
        if "HISTORY_DIR" in made:
            ports.append(made["RECORDER_METRICS_PORT"])
        if "ALERT_URLS" in made:
            ports.append(made["NOTIFIER_METRICS_PORT"])
    return [f"http://127.0.0.1:{port}/metrics" for port in ports]


def _shortest(command: str) -> str:
    """A command's name if it is on the PATH, else its relative path."""
    return Path(command).name if shutil.which(Path(command).name) == command else os.path.relpath(command)


def main() -> None:
    # Check the settings here, so that a wrong one is reported once and not by each process.
    settings()
    made = environment(dict(os.environ))
    print(greeting(made), flush=True)
    if not (_BIN / "honcho").is_file():
        sys.exit(missing("honcho", "demo"))
    os.execve(_BIN / "honcho", ["honcho", "--procfile", _PROCFILE, "start", *processes(made)], made)


if __name__ == "__main__":
    main()
