"""An alert, as it is published and kept."""

from typing import Self

import msgspec

#: The field of the stream's entries that has the alert's JSON.
FIELD = "alert"


class Alert(msgspec.Struct, frozen=True):
    """One alert.

    Attributes:
        id: ``RULE:SYMBOL:SECOND``, the second being that of the tick, in Unix time. No two alerts have the same.
        rule: name of the rule that fired.
        symbol: for which it fired.
        at: time of the tick, Unix milliseconds.
        text: one line for people.
        row: the symbol's row as it was at the tick, as screens have it, without a rank.
    """

    id: str
    rule: str
    symbol: str
    at: int
    text: str
    row: msgspec.Raw

    @classmethod
    def parse(cls, published: bytes) -> Self:
        """Read what the stream's entries and the channel have.

        Raises:
            msgspec.DecodeError: it is something else.
        """
        return _DECODER.decode(published)  # type: ignore[return-value]

    def json(self) -> bytes:
        """As it is published: one JSON object."""
        return _encode(self)


_DECODER = msgspec.json.Decoder(Alert)
_encode = msgspec.json.Encoder().encode
