"""Runs a drill in a process of its own."""

from collections.abc import Callable, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from deploy.ending import end_as_by_ctrl_c

Result = TypeVar("Result")


def run_isolated(drill: Callable[..., Result], **scale: object) -> Result:
    """Run a drill in a fresh process: it changes the environment, from which the app is set up when imported.

    Args:
        drill: a function of a module.
        scale: its arguments.

    Raises:
        Exception: what the drill raised.
        EOFError: its process has died.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, drill, scale))
    process.start()
    sender.close()
    try:
        result: Result | Exception = receiver.recv()
    except BaseException:
        # Also where a test's time is over: the drill stops what it has started.
        process.terminate()
        raise
    finally:
        process.join()
    if isinstance(result, Exception):
        raise result
    return result


def _run(sender: "Connection[Any, None]", drill: Callable[..., Any], scale: Mapping[str, object]) -> None:
    end_as_by_ctrl_c()
    try:
        sender.send(drill(**scale))
    except Exception as error:
        sender.send(error)
