"""Checks of settings' values: each takes a value and returns it, in one spelling, or raises ValueError.

No message of these shows a password or a key.
"""

import re
from contextlib import suppress
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import HttpUrl, RedisDsn, SecretStr, TypeAdapter, WebsocketUrl
from redis import ConnectionPool
from redis.exceptions import RedisError

from config.redis_urls import Sentinels, Server

#: Characters that a gateway's key has at least.
SHORTEST_KEY = 16

_REDIS_DSN: TypeAdapter[RedisDsn] = TypeAdapter(RedisDsn)
_HTTP_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)
_WEBSOCKET_URL: TypeAdapter[WebsocketUrl] = TypeAdapter(WebsocketUrl)


def redis_url(url: str) -> str:
    """The URL of a Redis server, or those of its Sentinels."""
    try:
        urlsplit(url)
    except ValueError:
        # The error's own words show the password.
        raise ValueError("it is no URL: special characters in a password have to be percent-encoded") from None
    if sentinels := Sentinels.parse(url):
        _check_options(f"rediss://server?{sentinels.options}")
        # Kombu does not recognise a URL with a blank before it.
        return ";".join(each.strip() for each in url.split(";"))
    _REDIS_DSN.validate_python(url)
    if not re.fullmatch(r"/?\d*", urlsplit(url).path):
        raise ValueError("the path of the URL is the number of a database, such as /0")
    _check_options(url)
    return url


def board_shards(servers: Any) -> tuple[Server, ...]:
    """The boards' further servers, separated by blanks; a Sentinels' URL ends with ``#`` and the server's name."""
    if not isinstance(servers, str):
        return tuple(servers)
    found = []
    for n, each in enumerate(servers.split(), 2):
        url, _, master = each.partition("#")
        try:
            url = redis_url(url)
        except ValueError as error:
            raise ValueError(f"server {n}: {error}") from None
        if (Sentinels.parse(url) is None) != (not master):
            raise ValueError(f"server {n}: the URL of Sentinels, and only that, ends with # and the server's name")
        found.append(Server(url, master or None))
    return tuple(found)


def http_url(url: str) -> str:
    """The URL of an HTTP service, to which paths are added."""
    parts = _HTTP_URL.validate_python(url)
    if parts.query or parts.fragment:
        raise ValueError("paths are added to it, so it ends with its own")
    if parts.username or parts.password:
        raise ValueError("it is shown in logs, so it holds no user or password; the key is MASSIVE_API_KEY")
    return url.rstrip("/")


def websocket_url(url: str) -> str:
    """The URL of a WebSocket service, to which the path of the market is added."""
    parts = _WEBSOCKET_URL.validate_python(url)
    if parts.query or parts.fragment or (parts.path or "").rstrip("/").endswith("/stocks"):
        raise ValueError("the path of the market is added to it, so it ends before that")
    if parts.username or parts.password:
        raise ValueError("it is shown in logs, so it holds no user or password; the key is MASSIVE_API_KEY")
    # Lower case, for the client takes any other scheme for one without encryption.
    return f"{parts.scheme}://{url.strip().partition('://')[2].rstrip('/')}"


def header_key(key: SecretStr) -> SecretStr:
    """A key that is sent in a header of HTTP."""
    # Later the error about the header would show the key.
    if not re.fullmatch(r"[!-~]+", key.get_secret_value()):
        raise ValueError("a key has neither blanks nor line ends, and is ASCII")
    return key


def client_key(key: SecretStr) -> SecretStr:
    """A key that clients bring, which nobody may guess."""
    if len(key.get_secret_value()) < SHORTEST_KEY:
        raise ValueError(f"it has fewer than {SHORTEST_KEY} characters; openssl rand -hex 24 makes a good one")
    # No client could send any other key in a header of HTTP.
    if not re.fullmatch(r"[!-~][ -~]*[!-~]", key.get_secret_value()):
        raise ValueError("it is ASCII in one line, with no blank at its start or end")
    return key


def dates(listed: Any) -> Any:
    """Dates with commas between them."""
    return frozenset(map(_date, _split(listed))) if isinstance(listed, str) else listed


def hosts(listed: Any) -> Any:
    """Names of hosts, or their addresses, with commas between them."""
    if not isinstance(listed, str):
        return listed
    names = tuple(each.strip("[]").lower() for each in _split(listed))
    for name in names:
        if not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", name) or name.count(":") == 1:
            raise ValueError(f"{name!r} is no name of a host, without scheme and port, like flower.example.com")
    return names


def origins(listed: Any) -> Any:
    """Origins of web pages with commas between them."""
    if not isinstance(listed, str):
        return listed
    found = tuple(each.rstrip("/").lower() for each in _split(listed))
    for origin in found:
        if not re.fullmatch(r"https?://[^/?#@\s]+", origin):
            raise ValueError(f"{origin!r} is no origin: one is like https://boards.example.com")
    return found


def networks(listed: Any) -> Any:
    """Addresses or networks with commas between them."""
    if not isinstance(listed, str):
        return listed
    try:
        found: tuple[IPv4Network | IPv6Network, ...] = tuple(map(ip_network, _split(listed)))
    except ValueError as error:
        raise ValueError(f"it lists addresses or networks such as 10.0.0.0/8: {error}") from None
    return found


def task_names(listed: Any) -> Any:
    """Names of Celery tasks with commas between them."""
    if not isinstance(listed, str):
        return listed
    names = tuple(_split(listed))
    for name in names:
        if not re.fullmatch(r"\w+(\.\w+)*", name, re.ASCII):
            raise ValueError(f"{name!r} is no name of a task: one is like tasks.publish_snapshot")
    return names


def notification_urls(listed: Any) -> Any:
    """URLs of services that notify people, with commas or blanks between them."""
    if not isinstance(listed, str):
        return listed
    # A URL may hold commas itself.
    urls = re.split(r"[\s,]+(?=\w[\w+.-]*://)", listed.strip().strip(","))
    for number, url in enumerate(urls, 1):
        if not re.fullmatch(r"\w[\w+.-]*://\S+", url, re.ASCII):
            raise ValueError(f"what stands in place {number} is no URL of a service, like ntfy://TOPIC")
    return tuple(map(SecretStr, urls))


def _split(listed: str) -> list[str]:
    return [each.strip() for each in listed.split(",") if each.strip()]


def _date(text: str) -> date:
    # The standard library accepts weeks, and dates without hyphens, as well.
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise ValueError(f"{text!r} is no date: one is like 2025-01-09")


def _check_options(url: str) -> None:
    options = dict(parse_qsl(urlsplit(url).query))
    if {"username", "password"} & options.keys():
        raise ValueError("user and password stand before the host, where they are kept out of logs")
    if "ssl_password" in options:
        # Workers answer whoever asks for their statistics with their connections' options.
        raise ValueError("ssl_password would be shown: the key of ssl_keyfile has to do without one")
    for option in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"):
        if option in options and not Path(options[option]).is_file():
            raise ValueError(f"{option} names no file")
    try:
        # Makes no connection, but fails for an unknown option.
        ConnectionPool.from_url(url).make_connection()
    except TypeError as error:
        # Its message names the library's own classes, and the option last.
        named = re.search(r"'(\w+)'$", str(error))
        name = named[1] if named else str(error)
        tls = " (it goes with rediss://)" if name.startswith("ssl_") and url.startswith("redis://") else ""
        raise ValueError(f"an option of the URL is unknown: {name}{tls}") from error
    except (ValueError, RedisError) as error:
        raise ValueError(f"an option of the URL is wrong: {error}") from error
