"""This project's fast lane: its app as it is, with two tasks more."""

from collections.abc import Callable, Sequence
from typing import Any

from bench.peers import work
from tasks import app, process_agg
from tasks.fastlane.task import BatchTask

noop = app.task(name=work.noop.__name__, base=BatchTask)(work.noop)
mark = app.task(name=work.mark.__name__, base=BatchTask)(work.mark)
app.conf.task_routes = {each.name: app.conf.task_routes["tasks.process_agg"] for each in (noop, mark)} | dict(
    app.conf.task_routes
)

_tasks: dict[str, Any] = {"noop": noop, "bar": process_agg, "mark": mark}


def _delay(name: str, arguments: Sequence[Any]) -> None:
    task = _tasks[name]
    for argument in arguments:
        task.delay(argument)


def _delay_many(name: str, arguments: Sequence[Any]) -> None:
    _tasks[name].delay_many(arguments)


SENDERS: dict[str, Callable[[str, Sequence[Any]], None]] = {"delay": _delay, "delay_many": _delay_many}
