"""The events of a sampled bar are such that Flower takes them."""

from typing import Any

from tasks.bar_reports.reporter import ARGS_MOST, _send
from tasks.bar_reports.tally import Sampled
from tasks.flower.events import validate_event


class Dispatcher:
    """Keeps events as Celery would send them."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, type_: str, **fields: Any) -> None:
        self.sent.append({"type": type_, "hostname": "worker@machine"} | fields)


def test_a_bar_of_invisible_characters_fits_its_events() -> None:
    # Given a dead letter whose arguments and reason take ten times their length once escaped
    tag = "\U000e0001"
    bar = Sampled("id", [{"sym": tag * 2 * ARGS_MOST}], {}, 1_795_000_000.0, 0.1, tag * 5_000)

    # When it is reported
    dispatcher = Dispatcher()
    _send(dispatcher, bar)

    # Then Flower takes each event, and they hold no such character
    taken = [validate_event(each) for each in dispatcher.sent]
    assert [each["type"] for each in taken] == ["task-received", "task-started", "task-failed"]
    assert tag not in str(taken)
