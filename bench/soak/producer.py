"""A process that sends bars with the current time, at a steady rate."""

import random
import time

import msgspec

from bench.child import await_go, ready, receive, report

#: Batches a second, each of bars that end together: between two snapshots there is always a new bar.
BATCHES = 4


class Order(msgspec.Struct):
    """What to send.

    Attributes:
        symbols: of the market.
        rate: bars a second, of as many symbols.
        seconds: for how long.
    """

    symbols: int
    rate: int
    seconds: int


class Sent(msgspec.Struct):
    """What was sent.

    Attributes:
        first: the second in which its first bar ended, Unix time.
        bars: how many.
        last: of each symbol, accumulated volume and close of its last bar.
        behind: seconds that the producer itself was late, at worst.
    """

    first: int
    bars: int
    last: dict[str, tuple[float, float]]
    behind: float


def main() -> None:
    order = receive(Order)
    # Imported here: the soak imports this module too, and must not connect as a producer.
    from tasks import process_agg

    rng = random.Random(1)
    symbols = range(order.symbols)
    price = [round(rng.uniform(1, 300), 2) for _ in symbols]
    volume = [0] * order.symbols
    last: dict[str, tuple[float, float]] = {}
    bars, behind = 0, 0.0
    process_agg.delay_many([])
    ready()
    await_go()
    first = int(time.time()) + 1
    for second in range(first, first + order.seconds):
        drawn = rng.sample(symbols, order.rate)
        for n in range(BATCHES):
            end = second + n / BATCHES
            batch = []
            for symbol in drawn[n::BATCHES]:
                opened, shares = price[symbol], rng.randrange(100, 5_000)
                close = price[symbol] = max(0.01, round(opened * rng.uniform(0.998, 1.002), 4))
                volume[symbol] += shares
                name = f"S{symbol:05}"
                last[name] = (volume[symbol], close)
                batch.append(
                    {
                        "ev": "A",
                        "sym": name,
                        "v": shares,
                        "av": volume[symbol],
                        "vw": round((opened + close) / 2, 4),
                        "o": opened,
                        "c": close,
                        "h": max(opened, close),
                        "l": min(opened, close),
                        "s": int(end * 1000) - 1000,
                        "e": int(end * 1000),
                    }
                )
            # A bar is sent when its second has ended.
            time.sleep(max(0.0, end - time.time()))
            behind = max(behind, time.time() - end)
            process_agg.delay_many(batch)
            bars += len(batch)
    report(Sent(first, bars, last, behind))


if __name__ == "__main__":
    main()
