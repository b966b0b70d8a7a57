"""``python -m tests.chaos.data_service RATE SECONDS FRAME``: a market data service under load.

It prints its port, waits for one subscriber, and sends it the bars of each second at the second's end, FRAME of
them in a frame. At the end it prints how late it was at most: it blocks if the subscriber reads too slowly.
"""

import asyncio
import sys
import time

import msgspec
from websockets.asyncio.server import ServerConnection, serve

#: Symbols that trade in one second, unless the rate asks for more of them.
SYMBOLS = 8_000
_BAR = (
    '{"ev":"A","sym":"S%05d","v":4989,"av":%d,"op":75.98,"vw":78.0894,"o":78.1,"c":%.2f,"h":78.125,"l":78.07,'
    '"a":76.8404,"z":62,"s":%d,"e":%d,"dv":"4989.0","dav":"%d.0"}'
)


class Offered(msgspec.Struct):
    """What was sent: bars, and seconds by which the service was late at most."""

    bars: int
    late: float


async def offer(rate: int, seconds: int, size: int) -> Offered:
    """Send so many bars a second to the first subscriber, in frames of `size`."""
    done: asyncio.Future[Offered] = asyncio.get_running_loop().create_future()

    async def talk(connection: ServerConnection) -> None:
        await connection.send(_status("connected"))
        await connection.recv()
        await connection.send(_status("auth_success"))
        await connection.recv()
        await connection.send(_status("success"))
        try:
            done.set_result(await _stream(connection, rate, seconds, size))
        except Exception as error:
            done.set_exception(error)
        await connection.wait_closed()

    # Uncompressed: on one machine it would cost more than it saves.
    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        offered = await done
        print(msgspec.json.encode(offered).decode(), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        return offered


async def _stream(connection: ServerConnection, rate: int, seconds: int, size: int) -> Offered:
    symbols, sent, late = max(SYMBOLS, rate), 0, 0.0
    first = int(time.time()) + 2
    for end in range(first, first + seconds):
        # Made ahead, so that making them does not delay the sending.
        frames = [
            _frame(range(at, min(at + size, sent + rate)), symbols, end) for at in range(sent, sent + rate, size)
        ]
        await asyncio.sleep(max(0.0, end - time.time()))
        for frame in frames:
            await connection.send(frame, text=True)
        sent += rate
        late = max(late, time.time() - end)
    return Offered(sent, late)


def _frame(numbers: range, symbols: int, end: int) -> bytes:
    bars = [
        _BAR % (n % symbols, n * 100, 78 + n % 500 / 100, (end - 1) * 1000, end * 1000, n * 100) for n in numbers
    ]
    return f"[{','.join(bars)}]".encode()


def _status(status: str) -> str:
    return msgspec.json.encode([{"ev": "status", "status": status, "message": ""}]).decode()


if __name__ == "__main__":
    asyncio.run(offer(*map(int, sys.argv[1:])))
