"""A drill in a process of its own."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.drills.verdict import Verdict


def apart(drill: Callable[..., Verdict], **scale: object) -> Verdict:
    """Run a drill in a fresh process: it changes the environment, from which the app is set up when imported.

    Args:
        drill: a function of a module.
        scale: its arguments.

    Raises:
        Exception: what the drill raised.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(drill, **scale).result()
