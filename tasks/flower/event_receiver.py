"""Receives events for Flower, and passes on only valid ones."""

from typing import Any

from celery.events import EventReceiver
from pydantic import ValidationError

from tasks.flower.events import validate_event
from tasks.flower.rejections import Rejections, reason


class ValidatingReceiver(EventReceiver):
    """Rejects events that no worker of ours sends: after a wrong one, Flower's pages would fail for good.

    Attributes:
        rejections: counts the rejected ones. Set it before Flower starts: Flower makes the receiver itself.
    """

    rejections: Rejections

    def get_consumers(self, consumer_class: Any, channel: Any) -> list[Any]:
        (consumer,) = super().get_consumers(consumer_class, channel)
        # By default an undecodable message ends the connection, and events are lost until the next one.
        consumer.on_decode_error = self._reject_message
        deliver = channel._deliver_fanout_message

        def deliver_message(payload: Any, exchange: str) -> Any:
            try:
                channel.Message(payload, channel=channel)
            except Exception as error:
                self._reject_message(payload, error)
                return True
            return deliver(payload, exchange)

        channel._deliver_fanout_message = deliver_message
        return [consumer]

    def _receive(self, body: Any, message: Any, **_: Any) -> None:
        for each in body if isinstance(body, list) else [body]:
            try:
                event = validate_event(each)
            except ValidationError as error:
                self.rejections.add("an event", each, reason(error))
            else:
                self.process(*self.event_from_message(event))

    def _reject_message(self, message: Any, error: Exception) -> None:
        self.rejections.add("a message", getattr(message, "body", message), f"{type(error).__name__} {error}")
