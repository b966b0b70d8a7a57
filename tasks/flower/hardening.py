"""Fits Flower to this system, in its own process. Flower has no settings for this, so its classes are replaced."""

from typing import Any

import flower.events as flower_events  # type: ignore[import-untyped]

from tasks.flower.bars_state import count_bars
from tasks.flower.event_receiver import ValidatingReceiver
from tasks.flower.host_check import check_hosts
from tasks.flower.queue_depths import show_all_queues
from tasks.flower.rejections import Rejections
from tasks.flower.worker_answers import validate_answers
from tasks.flower.worker_commands import bound_retries
from tasks.flower.worker_questions import ask_running_workers


def harden(options: Any) -> None:
    """Validate what Flower receives, count bars, show all queues, bound retries, and check the host of requests.

    Args:
        options: Flower's, already read.
    """
    rejections = ValidatingReceiver.rejections = Rejections()
    flower_events.EventReceiver = ValidatingReceiver
    validate_answers(rejections)
    ask_running_workers()
    bound_retries()
    count_bars()
    show_all_queues()
    check_hosts(options)
