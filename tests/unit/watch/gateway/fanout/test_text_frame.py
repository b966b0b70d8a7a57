"""Frames that clients share."""

import string
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from watch.gateway.fanout.text_frame import WINDOW_BITS, TextFrame


@given(some.text(alphabet=string.printable, max_size=300), some.sampled_from([1, 40, 300, 1000]))
def test_frames_read_back_as_what_was_published(text: str, times: int) -> None:
    """Given any text, then a client of the protocol reads it from the frame, plain as well as compressed."""
    payload = (text * times).encode()
    frame = TextFrame(payload)

    assert _read(frame.plain) == payload
    assert _read(frame.deflated()) == payload


def _read(data: bytes) -> bytes:
    from websockets.extensions.permessage_deflate import PerMessageDeflate
    from websockets.frames import Frame as Parsed
    from websockets.streams import StreamReader

    reader = StreamReader()
    reader.feed_data(data)
    deflate = PerMessageDeflate(True, True, WINDOW_BITS, WINDOW_BITS)
    parsing: Any = Parsed.parse(reader.read_exact, mask=False, extensions=[deflate])
    try:
        next(parsing)
    except StopIteration as done:
        parsed = done.value
        assert parsed.fin
        return bytes(parsed.data)
    raise AssertionError("the frame is longer than its header says")
