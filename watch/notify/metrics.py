"""The notifier's metrics. They are read when they are exported."""

from collections.abc import Callable, Iterator

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from watch.notify.status import Status, TargetStatus

_meter = metrics.get_meter("leaderboard")


def observe(status: Status) -> None:
    """Report what a notifier does. Call it once in a process."""

    def of_targets(value: Callable[[TargetStatus], float]) -> Callable[[CallbackOptions], Iterator[Observation]]:
        return lambda _: (Observation(value(each), {"target": each.name}) for each in status.targets)

    _meter.create_observable_counter(
        "lba.notifier.sent",
        [of_targets(lambda target: target.sent)],
        unit="{alert}",
        description="Alerts sent to a target",
    )
    _meter.create_observable_counter(
        "lba.notifier.expired",
        [of_targets(lambda target: target.expired)],
        unit="{alert}",
        description="Alerts that were not sent to a target, as they had become too old",
    )
    _meter.create_observable_counter(
        "lba.notifier.failures",
        [of_targets(lambda target: target.failures)],
        unit="{attempt}",
        description="Attempts to send that failed",
    )
    _meter.create_observable_gauge(
        "lba.notifier.age",
        [of_targets(lambda target: target.age)],
        unit="s",
        description="For how long the oldest alert has waited that was not sent to a target yet",
    )
    _meter.create_observable_gauge(
        "lba.notifier.sending",
        [lambda _: [Observation(int(status.is_sending))]],
        description="1 while this notifier sends; 0 while another one does, or there is no target",
    )
