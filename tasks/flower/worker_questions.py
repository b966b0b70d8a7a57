"""Has Flower ask workers about themselves once they run.

Flower by itself asks as it starts, whether any worker runs or not, and never asks one that starts later.
"""

import asyncio
from collections import Counter
from typing import Any

import flower.app as flower_app  # type: ignore[import-untyped]
from tornado.ioloop import PeriodicCallback

#: Seconds between two looks for workers that have not answered yet.
LOOK_INTERVAL = 1.0
#: How often such a worker is asked, at most: anybody could send events of workers that do not exist.
ATTEMPTS = 5
#: Events of a worker before it is asked. It sends the first one before it takes questions.
EVENTS = 2


def ask_running_workers() -> None:
    """Have Flower ask no workers while none runs, and those that started since."""
    start, update = flower_app.Flower.start, flower_app.Flower.update_workers

    def start_and_look(self: Any) -> None:
        asked: Counter[str] = Counter()
        PeriodicCallback(lambda: _ask_new_workers(self, asked), LOOK_INTERVAL * 1000).start()
        start(self)

    def update_if_any_runs(self: Any, workername: str | None = None) -> Any:
        if workername or _running(self):
            return update(self, workername)
        return asyncio.ensure_future(asyncio.sleep(0))

    flower_app.Flower.start = start_and_look
    flower_app.Flower.update_workers = update_if_any_runs


def _ask_new_workers(flower: Any, asked: Counter[str]) -> None:
    running = _running(flower)
    for name in asked.keys() - running:
        del asked[name]
    new = [name for name in running if "stats" not in flower.workers.get(name, ()) and asked[name] < ATTEMPTS]
    if new:
        asked.update(new)
        flower.update_workers()


def _running(flower: Any) -> set[str]:
    workers = flower.events.state.workers.values()
    return {worker.hostname for worker in workers if worker.alive and len(worker.heartbeats) >= EVENTS}
