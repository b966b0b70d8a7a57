"""``make bench``: a Redis of its own on the loopback interface, stopped and removed afterwards."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import apply, lane, snapshot
from deploy.redis_server import RedisServer


def main(rounds: Annotated[int, typer.Option(help="Rounds of each measurement.", min=1)] = 3) -> None:
    """Measure the apply script, the way through Celery and the snapshot."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder)).start()
        os.environ |= {
            "REDIS_URL": server.url(0),
            "CELERY_BROKER_URL": server.url(1),
            "MARKET_CLOCK": "events",
        }
        try:
            for figures in (
                *apply.measure(server.url(0), rounds),
                *snapshot.measure(server.url(0), rounds),
                *lane.measure(server.url(1), rounds),
            ):
                console.print(figures.table(), "")
        finally:
            server.stop()


typer.run(main)
