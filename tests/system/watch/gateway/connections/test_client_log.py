"""What clients do does not fill the log."""

import socket
from contextlib import suppress

from redis import Redis

from tests.support.watch.gateways import Gateway
from tests.support.watch.raw_websocket import CLOSE, CONTINUATION, PING, TEXT, frame, raw, rest, upgrade, websocket


def test_nothing_that_a_client_sends_fills_the_log(gateway: Gateway, redis: Redis) -> None:
    # Given what clients can do wrong
    over_http = [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n\x00\x00\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        upgrade(headers="Transfer-Encoding: chunked\r\n"),
        upgrade() + b"\xff" * 100,
    ]
    over_websocket = [
        frame(TEXT, b"\xff\xfe"),
        frame(TEXT, b"\xff", final=False) + frame(CONTINUATION),
        frame(CLOSE, b"\x03\xe8") * 3,
        frame(CLOSE, b"\x03\xe8") + frame(TEXT, b"{}"),
        frame(CLOSE, b"\x00"),
        frame(CLOSE, b"\x03\xe8\xff\xff"),
        frame(CONTINUATION),
        frame(TEXT, final=False) + frame(TEXT),
        frame(TEXT, final=False) + frame(CLOSE, b"\x03\xe8"),
        frame(PING, b"x" * 126),
        frame(0x3),
        frame(TEXT, b"x" * 5000),
        frame(TEXT, b"[" * 4000),
        b"\x81\x01x",
        b"\xc1\x84\x00\x00\x00\x00\xff\xff\xff\xff",
        bytes(range(256)) * 4,
    ]
    log = len(gateway.log)

    # When they do each of it again and again, and are gone before an answer or after it
    for n in range(10):
        for open_, all_sent in ((raw, over_http), (websocket, over_websocket)):
            for sent in all_sent:
                with open_(gateway.port, address="127.0.0.6") as client, suppress(OSError):
                    client.sendall(sent)
                    if n % 2:
                        client.shutdown(socket.SHUT_WR)
                        rest(client)

    # Then the log has a few lines about it, and the gateway goes on
    assert gateway.get("/api/status").status_code == 200
    assert gateway.log[log:].count("\n") < 40, gateway.log[log:]
    assert "Traceback" not in gateway.log[log:]
