"""What the bulk channel does with messages that cannot be read, for kombu's own channel, of ``FAST_LANE=0``.

Kombu takes a message off its list, and then ends the worker's loop at what is no message, or takes apart what is
compressed, whatever its length. The message is gone from Redis by then: what is not kept here is lost.
"""

from collections.abc import Callable
from typing import Any

from kombu.transport.redis import Channel
from kombu.transport.virtual import Empty
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import loads
from redis.exceptions import DataError

# One of these is in every message whose headers name a compression, however they spell it.
_COMPRESSION = (b"compression", b"\\u")


class StockMessageFilter:
    """Stands between a channel and the replies to its ``BRPOP``.

    Args:
        channel: whose messages.
        message_max: bytes of a message at most.
        on_junk: told the queue, the bytes and the fault of each that is dropped.
        passing: errors that are the broker's, and no message's.
    """

    def __init__(
        self,
        channel: Channel,
        message_max: int,
        on_junk: Callable[[str, bytes, str], None],
        passing: tuple[type[BaseException], ...],
    ) -> None:
        self._message_max = message_max
        self._on_junk = on_junk
        self._passing = (Empty, *passing)
        # The queue and the bytes of the message that came last.
        self._last: tuple[str, bytes] | None = None
        self._read: Callable[..., Any] = channel.handlers["BRPOP"]
        channel.handlers["BRPOP"] = self._guarded
        channel.client.set_response_callback("BRPOP", self._take)

    def _guarded(self, **options: Any) -> Any:
        self._last = None
        try:
            return self._read(**options)
        except Exception as error:
            # What cannot be sent as it is, such as a tag that is a list, is the message's fault and not Redis's.
            if self._last is None or (isinstance(error, self._passing) and not isinstance(error, DataError)):
                raise
            # Kombu's JSON makes objects of some, whose classes fail in ways of their own.
            self._on_junk(*self._last, f"message: {type(error).__name__}: {error}")
            raise Empty from error

    def _take(self, reply: list[bytes] | None, **_: Any) -> tuple[bytes, bytes] | None:
        """The reply as kombu takes it; None, as of a wait that was in vain, where it is not to see it."""
        if not reply:
            return None
        name, raw = reply
        self._last = (bytes_to_str(name), raw)
        if len(raw) > self._message_max:
            self._on_junk(*self._last, f"message: {len(raw):,} bytes, more than {self._message_max:,}")
            return None
        if any(each in raw for each in _COMPRESSION) and loads(bytes_to_str(raw))["headers"].get("compression"):
            raise ValueError("compressed, so that it may be of any length")
        return name, raw
