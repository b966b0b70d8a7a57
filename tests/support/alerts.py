"""Alerts as the clock's workers publish them."""

import msgspec
from redis import Redis

from leaderboard import keys
from leaderboard.alerts.alert import FIELD, Alert
from leaderboard.alerts.stream import AlertReader, place

#: A time of a trading day, Unix milliseconds.
AT = 1_795_185_067_000


def alert(symbol: str = "AAPL", rule: str = "new-high", at: int = AT) -> Alert:
    row = msgspec.Raw(msgspec.json.encode({"symbol": symbol, "close": 10.5}))
    return Alert(f"{rule}:{symbol}:{at // 1000}", rule, symbol, at, f"{symbol} has a new high", row)


def fire(redis: Redis, *alerts: Alert) -> None:
    """Publish alerts, all of one tick."""
    slot = max(each.at for each in alerts) // 1000
    last_slot, number = place(AlertReader(redis).newest())
    first = number + 1 if last_slot == slot else 0
    with redis.pipeline(transaction=True) as pipe:
        for n, each in enumerate(alerts, first):
            pipe.xadd(keys.ALERTS, {FIELD: each.json()}, id=f"{slot}-{n}")
            pipe.publish(keys.ALERTS_CHANNEL, each.json())
        pipe.execute()
