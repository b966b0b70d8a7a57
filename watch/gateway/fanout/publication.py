"""What was published on a channel, in frames that all clients share."""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Raw, Struct

from leaderboard.connections import redis_values
from leaderboard.connections.redis_values import InvalidValueError
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.text_frame import TextFrame

_encode = msgspec.json.Encoder().encode


class Envelope(Struct):
    """A publication with the name of its feed."""

    feed: str
    data: Raw


class Publication:
    """One publication: the same bytes for all clients, in an envelope for those that want one.

    Args:
        channel: that it came on.
        payload: text in UTF-8.
        report: is called if it cannot be enveloped, as it is no JSON. Clients that want envelopes do not get it.
    """

    __slots__ = ("_bare", "_channel", "_enveloped", "_payload", "_report")

    def __init__(self, channel: str, payload: bytes, report: Callable[[InvalidValueError], None]) -> None:
        self._channel = channel
        self._payload = payload
        self._report = report
        self._bare: tuple[TextFrame] | None = None
        self._enveloped: Sequence[TextFrame] | None = None

    def frames_for(self, client: Client) -> Sequence[TextFrame]:
        """What a client is sent of it."""
        if client.takes_envelopes:
            if self._enveloped is None:
                self._enveloped = self._envelop()
            return self._enveloped
        if self._bare is None:
            self._bare = (TextFrame(self._payload),)
        return self._bare

    def _envelop(self) -> Sequence[TextFrame]:
        try:
            redis_values.json(self._channel, self._payload)
        except InvalidValueError as error:
            self._report(error)
            return ()
        return (TextFrame(_encode(Envelope(self._channel, Raw(self._payload)))),)
