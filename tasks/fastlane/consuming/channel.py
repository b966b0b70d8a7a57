"""The fast lane's Redis channel: it delivers what was fetched, in batches where a task runs in batches.

All other messages are delivered one by one in kombu's own way.
"""

from collections.abc import Sequence
from operator import attrgetter
from time import monotonic
from typing import Any

from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import loads

from tasks.fastlane.consuming.batch_consumer import BatchConsumer, Delivered
from tasks.fastlane.consuming.fetch import RawMessage
from tasks.fastlane.consuming.fetching_channel import FetchingChannel
from tasks.fastlane.consuming.messages import task_message

#: Seconds without another batch after which the batches in flight are waited for.
SETTLE_AFTER = 0.005


class BulkChannel(FetchingChannel):
    """Kombu's Redis channel with bulk fetches, batches of calls, and bulk acknowledgements.

    One more transport option than :class:`FetchingChannel` has:

    * ``deliver_budget`` - (float) seconds after which a delivery of messages one by one lets the event loop turn.
    """

    deliver_budget = 0.05

    from_transport_options = (*FetchingChannel.from_transport_options, "deliver_budget")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        #: By task's name, who runs its messages in batches.
        self.batch_consumers: dict[str, BatchConsumer] = {}
        self._no_ack_queues: set[str] = set()
        super().__init__(*args, **kwargs)

    # --- consumers

    def basic_consume(self, queue: str, no_ack: bool, *args: Any, **kwargs: Any) -> Any:
        if no_ack:
            self._no_ack_queues.add(queue)
        return super().basic_consume(queue, no_ack, *args, **kwargs)

    def _basic_cancel(self, consumer_tag: str) -> Any:
        self._no_ack_queues.discard(self._tag_to_queue.get(consumer_tag))
        return super()._basic_cancel(consumer_tag)

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: Any) -> Any:
        if no_ack or not self.ack_emulation:
            return super().basic_get(queue, no_ack, **kwargs)
        payload = None
        with self.conn_or_acquire() as client:
            while payload is None:
                fetch = self._new_fetch([queue], 1)
                reply = client.execute_command(*fetch.command(self))
                messages = self._record(fetch, fetch.read(reply))
                if not messages:
                    break
                payload = self._payload(messages[0])
            self._maybe_update_queues_expire(client, queue)
        if payload is None:
            return None
        message = self.Message(payload, channel=self)
        self.qos.append(message, message.delivery_tag)
        return message

    # --- batches

    def _deliver_all(self, messages: list[RawMessage]) -> None:
        most = self.message_max
        # Without a call for each message, which is noticed at this rate.
        if most is not None and any(len(message.raw) > most for message in messages):
            messages = [message for message in messages if not self._is_too_long(message)]
        self._prefetched.extend(self._deliver_in_batches(messages) if self.batch_consumers else messages)
        if not self._in_flight or self._prefetched:
            # Messages delivered one by one must not overtake the batches in flight, which would run a second time.
            self._settle_batches()
        else:
            self.connection.call_after(SETTLE_AFTER, self._settle_unless_closing)
        self._deliver_prefetched()

    def _deliver_in_batches(self, messages: Sequence[RawMessage]) -> list[RawMessage]:
        """Hand messages to the consumers of their tasks' batches.

        Returns:
            Those that are to be delivered one by one.
        """
        consumed = self.connection._callbacks
        by_task: dict[str, list[Delivered]] = {task: [] for task in self.batch_consumers}
        others: list[RawMessage] = []
        for message in messages:
            asked = task_message(message.raw)
            if asked and asked[0] in by_task and message.queue in consumed:
                task, task_id, body, traceparent = asked
                by_task[task].append((message, task_id, body, traceparent))
            else:
                others.append(message)
        for task, consumer in self.batch_consumers.items():
            others += consumer.add(by_task[task])
        # In the order of the fetch, which their tags have.
        others.sort(key=attrgetter("tag"))
        for task, consumer in self.batch_consumers.items():
            if by_task[task]:
                consumer.run()
            else:
                # Other tasks' messages do not put off the end of its batches.
                consumer.settle()
        return others

    def _settle_unless_closing(self) -> None:
        if not self._closing:
            self._settle_batches()

    def _settle_batches(self) -> None:
        for consumer in self.batch_consumers.values():
            consumer.settle()

    # --- one by one

    def _deliver_prefetched(self) -> None:
        until = monotonic() + self.deliver_budget
        try:
            while self._prefetched and not self._closing:
                self._deliver(self._prefetched.popleft())
                if self.has_loop and monotonic() > until:
                    break
        finally:
            # Also if a consumer failed on a message: that is no reason to keep the next ones.
            if self._prefetched and self.has_loop:
                self.connection.call_soon(self._deliver_prefetched)

    def _deliver(self, message: RawMessage) -> None:
        if message.queue not in self.connection._callbacks:
            # Its consumer has been cancelled since.
            self.qos.reject(message.tag, requeue=True)
            return
        payload = self._payload(message)
        if payload is None:
            return
        if message.queue in self._no_ack_queues:
            if self.has_loop:
                self.qos.ack(message.tag)
            else:
                # By the connection that has just answered: others may have died unnoticed.
                self.qos.ack_now(self.client, message.tag)
        self.connection._deliver(payload, message.queue)

    def _payload(self, message: RawMessage) -> dict[str, Any] | None:
        """The message as kombu takes it, under its delivery's tag; None, and dropped, if it is not valid."""
        try:
            payload: dict[str, Any] = loads(bytes_to_str(message.raw))
            payload["properties"]["delivery_tag"] = message.tag
            self.check_compression(payload)
            self.Message(payload, channel=self)
        except Exception as error:
            # Kombu's JSON makes objects of some values, whose classes fail in ways of their own.
            self._drop(message, f"message: {type(error).__name__}: {error}")
            return None
        return payload

    def _is_too_long(self, message: RawMessage) -> bool:
        """Whether a message is longer than accepted, and was dropped."""
        if reason := self.invalid_length(message.raw):
            self._drop(message, reason)
        return bool(reason)

    def _drop(self, message: RawMessage, reason: str) -> None:
        self.on_invalid(message.queue, message.raw, reason)
        self.qos.ack(message.tag)

    # --- the end

    def close(self) -> None:
        try:
            for consumer in self.batch_consumers.values():
                consumer.close()
        finally:
            super().close()
