"""An alert as other programs read it."""

import msgspec

from leaderboard.alerts.alert import Alert


def test_an_alert_is_one_json_object_and_is_read_back() -> None:
    # Given an alert
    row = msgspec.Raw(b'{"symbol":"AAPL","close":191.2,"pct_change_1m":null}')
    alert = Alert("new-high:AAPL:1764599467", "new-high", "AAPL", 1764599467012, "AAPL: new high", row)

    # When it is published
    published = alert.json()

    # Then its fields stand in this order, its row as it came; and it is read back
    assert published == (
        b'{"id":"new-high:AAPL:1764599467","rule":"new-high","symbol":"AAPL","at":1764599467012,'
        b'"text":"AAPL: new high","row":{"symbol":"AAPL","close":191.2,"pct_change_1m":null}}'
    )
    assert Alert.parse(published).json() == published
