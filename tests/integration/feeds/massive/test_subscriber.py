"""The connection to the market data service, against a server that speaks its wire."""

import json
import logging
import time
from importlib.util import find_spec

import pytest

from feeds.errors import FeedError
from feeds.massive.subscriber import RefusedError
from tests.support.massive.listener import bar, listening
from tests.support.massive.stream import KEY, MassiveServer
from tests.support.redis_servers.proxy import ConnectProxy, Proxy
from tests.support.waiting import eventually


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def test_it_shows_its_key_and_subscribes(server: MassiveServer) -> None:
    # Given a listener for two symbols
    with listening(server.url, "A.AAPL", "A.MSFT") as listener:
        server.await_subscribers()
        # When bars come, and other things
        server.publish(bar("AAPL"), bar("IBM"), bar("MSFT", unknown=[1]))
        server.send(json.dumps([{"ev": "LULD", "T": "AAPL"}]))
        server.publish(bar("AAPL"))
        # Then it gets those that it asked for, in their order
        eventually(lambda: listener.symbols == ["AAPL", "MSFT", "AAPL"])
    auth, subscribe = server.asked
    assert auth == {"action": "auth", "params": KEY}
    assert subscribe["action"] == "subscribe"
    assert set(subscribe["params"].split(",")) == {"A.AAPL", "A.MSFT"}
    assert listener.frames.ignored() == {"LULD": 1}


def test_a_refused_key_ends_it_at_once(server: MassiveServer, logged: pytest.LogCaptureFixture) -> None:
    # Given a key that the service does not know
    with listening(server.url, key="another key") as listener:
        # When it listens
        # Then it ends with a sentence, and does not ask again
        error = listener.ended()
    assert isinstance(error, RefusedError)
    assert str(error) == f"{server.url}/stocks refuses the key in MASSIVE_API_KEY: authentication failed."
    assert server.greeted == 1
    assert "another key" not in logged.text


@pytest.mark.parametrize("status", [401, 403])
def test_a_connection_that_is_not_allowed_ends_it_at_once(server: MassiveServer, status: int) -> None:
    # Given a service that allows no connection
    server.status = status
    with listening(server.url) as listener:
        # When it listens
        # Then it ends with a sentence
        error = listener.ended()
    assert isinstance(error, RefusedError)
    assert f"HTTP {status}" in str(error)


def test_when_all_is_refused_it_ends() -> None:
    # Given a key without access to what is wanted
    refused = frozenset({"A.*", "AM.*"})
    with MassiveServer(refused=refused) as server, listening(server.url, *refused) as listener:
        # When it listens
        # Then it ends with a sentence
        error = listener.ended()
    assert isinstance(error, RefusedError)
    assert str(error) == f"{server.url}/stocks refuses 'A.*, AM.*': not authorized."


def test_when_a_part_is_refused_that_is_logged(logged: pytest.LogCaptureFixture) -> None:
    # Given a key with access to one of two channels
    with MassiveServer(refused=frozenset({"AM.*"})) as server, listening(server.url, "A.*", "AM.*") as listener:
        server.await_subscribers()
        # When it listens
        # Then that is logged, and the other's bars come
        server.publish(bar("AAPL"))
        eventually(lambda: listener.symbols == ["AAPL"])
        server.drop()
        eventually(lambda: "server error: not authorized" in logged.text)
        server.await_subscribers()
    # And is no reason for what happens to the connection later
    assert "not connected to" in logged.text
    assert "(error: not authorized)" not in logged.text


def test_the_key_goes_nowhere_else(server: MassiveServer) -> None:
    # Given a service that says that it is elsewhere
    with MassiveServer() as other:
        server.status, server.location = 302, other.url
        # When it is listened to
        with listening(server.url) as listener:
            eventually(lambda: listener.subscriber.losses >= 2)
        # Then nobody goes there
        assert "HTTP 302" in (listener.subscriber.trouble or "")
        assert (other.greeted, other.asked) == (0, [])


def test_a_host_that_is_none_is_named() -> None:
    # Given an address without a host's name
    with listening("ws://api..com") as listener:
        # When it is listened to
        # Then it ends with a sentence
        error = listener.ended()
    assert isinstance(error, FeedError)
    assert str(error).startswith("ws://api..com/stocks, of MASSIVE_SOCKET_URL, names no host: ")


def test_a_service_that_is_away_is_asked_again(server: MassiveServer, logged: pytest.LogCaptureFixture) -> None:
    # Given a service that is away
    server.stop()
    with listening(server.url) as listener:
        eventually(lambda: listener.subscriber.losses >= 3)
        assert "Connect call failed" in (listener.subscriber.trouble or "")
        # When it comes back
        server.start()
        # Then bars come, and nobody has done anything about it
        server.await_subscribers()
        server.publish(bar("AAPL"))
        eventually(lambda: listener.symbols == ["AAPL"])
        assert listener.subscriber.trouble is None
    assert f"not connected to {server.url}/stocks (" in logged.text
    assert f"connected to {server.url}/stocks" in logged.messages


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_service_in_trouble_is_asked_again(server: MassiveServer, status: int) -> None:
    # Given a service that refuses connections at first
    server.status = status
    with listening(server.url) as listener:
        eventually(lambda: listener.subscriber.losses >= 2)
        assert f"HTTP {status}" in (listener.subscriber.trouble or "")
        # When it accepts them again
        server.status = 101
        # Then the listener subscribes
        server.await_subscribers()


@pytest.mark.parametrize("how", ["cut off", "closed in order", "closed as going away", "closed by an error"])
def test_a_connection_that_is_lost_is_made_again(
    server: MassiveServer, logged: pytest.LogCaptureFixture, how: str
) -> None:
    # Given a listener
    with listening(server.url) as listener:
        server.await_subscribers()
        server.publish(bar("ONE"))
        eventually(lambda: listener.symbols == ["ONE"])
        # When it loses its connection
        codes = {"closed in order": 1000, "closed as going away": 1001, "closed by an error": 1011}
        server.close(codes[how]) if how in codes else server.drop()
        eventually(lambda: server.greeted == 2)
        server.await_subscribers()
        # Then it subscribes again, and says what it missed
        server.publish(bar("TWO"))
        eventually(lambda: listener.symbols == ["ONE", "TWO"])
    assert "again: the bars of" in logged.text
    assert listener.subscriber.losses == 1


@pytest.mark.parametrize(("steady", "failures"), [(30.0, [1, 2, 3]), (0.0, [1, 1, 1])])
def test_only_a_connection_that_lasted_makes_failures_forgotten(
    server: MassiveServer, monkeypatch: pytest.MonkeyPatch, steady: float, failures: list[int]
) -> None:
    # Given what counts as lasting
    monkeypatch.setattr("feeds.massive.subscriber.STEADY", steady)
    with listening(server.url) as listener:
        # When the service takes connections and drops them
        for losses in (1, 2, 3):
            server.await_subscribers()
            server.drop()
            eventually(lambda expected=losses: listener.subscriber.losses == expected)  # type: ignore[misc]
        # Then the pauses grow, or start anew
        eventually(lambda: listener.pauses.failures == failures)


def test_a_network_that_has_died_without_a_word_is_noticed(
    server: MassiveServer, logged: pytest.LogCaptureFixture
) -> None:
    # Given a listener by way of a network
    proxy = Proxy(server.port)
    with listening(f"ws://127.0.0.1:{proxy.port}", quiet=0.3) as listener:
        server.await_subscribers()
        # When the network forwards nothing any more, connections staying open
        proxy.hold()
        eventually(lambda: listener.subscriber.losses == 1, seconds=10)
        assert "silent for 1 s, a ping is not answered" in logged.text
        # Then it connects anew as soon as the network is back
        proxy.resume()
        eventually(lambda: listener.subscriber.connected)
    proxy.close()


def test_a_quiet_market_is_no_reason_to_connect_anew(server: MassiveServer) -> None:
    # Given a listener that asks soon whether the service is there
    with listening(server.url, quiet=0.05) as listener:
        server.await_subscribers()
        # When nothing is traded for many times as long
        time.sleep(0.5)
        # Then it is the same connection
        server.publish(bar("AAPL"))
        eventually(lambda: listener.symbols == ["AAPL"])
    assert (server.greeted, listener.subscriber.losses) == (1, 0)


def test_a_listener_that_is_held_up_keeps_its_connection(server: MassiveServer) -> None:
    # Given a listener whose bars nobody takes, for longer than it would wait for a pong
    with listening(server.url, quiet=0.05) as listener:
        server.await_subscribers()
        listener.gate.clear()
        # When more comes than it reads ahead
        for n in range(1000):
            server.publish(bar(f"S{n}"))
        time.sleep(0.5)
        # Then it goes on where it was, with all of them
        listener.gate.set()
        eventually(lambda: len(listener.symbols) == 1000)
        assert listener.symbols == [f"S{n}" for n in range(1000)]
    assert (server.greeted, listener.subscriber.losses) == (1, 0)


def test_a_service_that_does_not_greet_is_asked_again(
    server: MassiveServer, logged: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a service that accepts connections and says nothing
    monkeypatch.setattr("feeds.massive.subscriber.AUTH_TIMEOUT", 0.2)
    server.mute = True
    with listening(server.url) as listener:
        eventually(lambda: listener.subscriber.losses >= 2)
        assert "no answer to the key within" in logged.text
        # When it speaks again
        server.mute = False
        # Then the listener subscribes
        server.await_subscribers()


def test_a_connection_too_many_waits_longer(server: MassiveServer, logged: pytest.LogCaptureFixture) -> None:
    # Given a service that allows one connection
    server.most = 1
    with listening(server.url) as first:
        server.await_subscribers()
        # When another one is made
        with listening(server.url) as second:
            eventually(lambda: first.subscriber.losses >= 1)
            # Then the first one says why it was driven out, and waits as if it had failed many times
            assert first.pauses.failures[0] > 10
            assert "max_connections: Maximum number of websocket connections exceeded" in logged.text
            eventually(lambda: second.subscriber.connected)


def test_a_frame_of_the_whole_market_is_taken(server: MassiveServer) -> None:
    # Given a listener
    with listening(server.url) as listener:
        server.await_subscribers()
        # When the bars of eleven thousand symbols come in one frame of several megabytes
        server.publish(*(bar(f"S{n}", padding="x" * 300) for n in range(11_000)))
        # Then all are there
        eventually(lambda: len(listener.symbols) == 11_000)


def test_frames_that_are_none_cost_nothing_else(server: MassiveServer, logged: pytest.LogCaptureFixture) -> None:
    # Given a listener
    with listening(server.url) as listener:
        server.await_subscribers()
        # When nonsense comes between bars, as text and as bytes
        for nonsense in (
            "no json",
            '{"ev": "A"}',
            b"\xff\x00",
            "[1, null, []]",
            '[{"ev": "status"}]',
            '[{"ev": "status", "status": ["odd"], "message": {}}]',
            b'[{"ev": "status", "message": "\xff"}]',
        ):
            server.send(nonsense)
            server.publish(bar("AAPL"))
        # Then every bar is there, on the same connection
        eventually(lambda: len(listener.symbols) == 7)
    assert (server.greeted, listener.frames.malformed) == (1, 4)


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        pytest.param(
            "socks5h://user:secret@127.0.0.1:1080",
            "The environment names a SOCKS proxy for {url}, socks5h://127.0.0.1:1080, which takes the package "
            "python-socks: pip install 'python-socks[asyncio]', or name the host in NO_PROXY.",
            marks=pytest.mark.skipif(find_spec("python_socks") is not None, reason="python-socks is installed"),
        ),
        ("ftp://user:secret@proxy", "What the environment names as the proxy for {url} is no URL of one."),
        ("socks5://user:se/cret@proxy:1", "What the environment names as the proxy for {url} is no URL of one."),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named(
    server: MassiveServer, monkeypatch: pytest.MonkeyPatch, logged: pytest.LogCaptureFixture, proxy: str, said: str
) -> None:
    # Given an environment with such a proxy
    by_way_of(monkeypatch, proxy)
    # When the service is listened to
    with listening(server.url) as listener:
        error = listener.ended()
    # Then it ends with a sentence, which shows no password
    assert isinstance(error, FeedError)
    assert str(error) == said.format(url=f"{server.url}/stocks")
    assert "secret" not in logged.text


def test_an_http_proxy_is_gone_by(server: MassiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given an environment with an HTTP proxy
    proxy = ConnectProxy()
    by_way_of(monkeypatch, proxy.url)
    with listening(server.url) as listener:
        server.await_subscribers()
        # When a bar comes, then it comes by way of that
        server.publish(bar("AAPL"))
        eventually(lambda: listener.symbols == ["AAPL"])
    assert proxy.asked == [server.url.removeprefix("ws://")]
    proxy.close()


def test_a_host_that_goes_by_no_proxy_is_reached(server: MassiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    by_way_of(monkeypatch, "socks5h://127.0.0.1:1080")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with listening(server.url):
        server.await_subscribers()


def by_way_of(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """Have the environment name a proxy, and no host that is reached without it."""
    for name in ("WS_PROXY", "SOCKS_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        for each in (name, name.lower()):
            monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv("WS_PROXY", proxy)
