"""Guessing the key is slowed down."""

import json
import time

import httpx
from redis import Redis
from websockets.sync.client import connect

from tests.support.waiting import eventually
from tests.support.watch.gateways import (
    GAINERS,
    HONEST,
    KEY,
    SOON,
    Gateway,
    ask,
    closing,
    subscribe,
)
from watch.gateway.limits import (
    GUESSES,
    GUESSES_PER_SECOND,
)


def key_answers(gateway: Gateway, keys: list[str], address: str) -> list[int]:
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(base_url=gateway.url, transport=transport, trust_env=False, timeout=SOON) as client:
        return [client.get("/api/status", headers={"X-API-Key": key}).status_code for key in keys]


def test_guessing_the_key_is_slowed_counted_and_logged(guarded: Gateway, redis: Redis) -> None:
    # Given a client that has authenticated
    url = f"ws://127.0.0.1:{guarded.port}/ws"
    with connect(url, proxy=None, source_address=("127.0.0.4", 0)) as client:
        ask(client, {"action": "auth", "api_key": KEY})
        wrong = guarded.metric("gateway_wrong_keys_total")

        # When somebody guesses from the same address
        began = time.monotonic()
        answers = key_answers(guarded, [f"guess {n}" for n in range(200)], "127.0.0.4")

        # Then only the first guesses are judged, and after them not even the right key, over HTTP or WebSocket
        assert answers[: GUESSES + 1] == [401] * (GUESSES + 1)
        assert answers.count(401) <= GUESSES + 2 + (time.monotonic() - began) * GUESSES_PER_SECOND
        assert set(answers) == {401, 429}
        eventually(lambda: key_answers(guarded, [f"guess {time.time()}", KEY], "127.0.0.4") == [401, 429])
        with connect(url, proxy=None, source_address=("127.0.0.4", 0)) as guesser:
            guesser.send(json.dumps({"action": "auth", "api_key": KEY}))
            assert closing(guesser) == (['{"status":"unauthorized"}'], 1008)

        # And it is counted, and logged once and without a key
        assert guarded.metric("gateway_wrong_keys_total") >= wrong + 200
        assert guarded.log.count("wrong keys") == 1
        assert "guess 1" not in guarded.log

        # And others, and the client, notice nothing
        assert key_answers(guarded, [KEY] * 2, HONEST) == [200] * 2
        subscribe(client, GAINERS)


def test_a_crowd_with_an_old_key_does_not_lock_others_out(guarded: Gateway, redis: Redis) -> None:
    answers = key_answers(guarded, ["the key of last month"] * 100 + [KEY, ""], "127.0.0.5")

    assert answers == [401] * 100 + [200, 401]
