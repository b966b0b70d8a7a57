"""Sends Flower an event with the worker's counts of bars, once a second, and events of the sampled bars."""

from typing import Any, Final

from celery import bootsteps
from celery.utils.saferepr import saferepr
from celery.worker.consumer.control import Control
from celery.worker.consumer.heart import Heart

from config.celery import AGGS
from config.control_characters import escape_controls
from tasks.bar_reports.tally import Sampled, tally
from tasks.bars import process_agg
from tasks.fastlane.consuming.channel import BulkChannel

#: The type of the event with the counts. It is of the worker's group, as heartbeats are.
EVENT: Final = "worker-bars"
#: Seconds between two reports.
INTERVAL = 1.0
#: Characters of a sampled bar's arguments, and of a reason.
ARGS_MOST, REASON_MOST = 600, 1_000

_WHAT_TO_DO = """\
This bar is a dead letter, and on no board: {reason}

python -m tasks dead list                              shows it, with this task's UUID
python -m tasks dead resend ID --set FIELD=VALUE       mends and sends it
docs/operations/runbook.md, "Dead letters"             what reasons mean
"""


class BarReporter(bootsteps.StartStopStep):
    """A step of the worker's consumer. It sends reports beside the worker's heartbeats, or neither.

    It sends totals since the worker's start: a lost report is made up for by the next one.

    Args:
        consumer: the worker's.
        without_heartbeat: as the option of ``celery worker``.
    """

    # Stops before them: Flower would take a report after `worker-offline` for one of a new worker.
    requires = (Heart, Control)

    def __init__(self, consumer: Any, without_heartbeat: bool = False, **options: Any) -> None:
        self.enabled = not without_heartbeat
        super().__init__(consumer, **options)
        self._timer: Any = None
        tally.restart()

    def start(self, consumer: Any) -> None:
        self._timer = consumer.timer.call_repeatedly(INTERVAL, self._report, (consumer,))

    def stop(self, consumer: Any) -> None:
        if self._timer is None:
            return
        consumer.timer.cancel(self._timer)
        self._timer = None
        channel = _channel(consumer)
        if isinstance(channel, BulkChannel):
            # The channel will do so when it closes, after the last report, which is to have these batches as well.
            for each in channel.batch_consumers.values():
                each.close()
        self._report(consumer)

    def _report(self, consumer: Any) -> None:
        totals, sample = tally.totals, tally.take_sample()
        dispatcher = consumer.event_dispatcher
        if dispatcher is None or not (any(totals) or AGGS in consumer.app.amqp.queues.consume_from):
            return
        for bar in sample:
            # An invalid message may have no id.
            if bar.id:
                _send(dispatcher, bar)
        channel = _channel(consumer)
        in_flight = channel.qos.in_flight if channel else 0
        dispatcher.send(EVENT, incarnation=tally.incarnation, in_flight=in_flight, **totals._asdict())


def _channel(consumer: Any) -> Any:
    """The channel that brings the worker's messages; None if it has none yet."""
    return consumer.task_consumer and consumer.task_consumer.channel


def _send(dispatcher: Any, bar: Sampled) -> None:
    """Send the events that Celery would have sent of a bar."""
    args, kwargs = (escape_controls(saferepr(each, maxlen=ARGS_MOST)) for each in (bar.args, bar.kwargs))
    ended = {"timestamp": bar.started + bar.runtime, "runtime": bar.runtime}
    what = {"uuid": bar.id, "name": process_agg.name}
    dispatcher.send("task-received", timestamp=bar.started, args=args, kwargs=kwargs, retries=0, **what)
    dispatcher.send("task-started", timestamp=bar.started, **what)
    if bar.reason is None:
        dispatcher.send("task-succeeded", result=repr(None), **ended, **what)
        return
    # Cut last: escaped, a character takes up to ten, and Flower rejects what is too long.
    reason = escape_controls(bar.reason)[:REASON_MOST]
    text = {"exception": f"Dead letter: {reason}", "traceback": _WHAT_TO_DO.format(reason=reason)}
    dispatcher.send("task-failed", **text, **ended, **what)
