"""Every setting of the system, read once from the environment.

Each field's variable is its name in capitals: ``redis_url`` is ``REDIS_URL``. A wrong value stops the program
at start with a sentence that names the variable (:func:`settings`).

* ``REDIS_URL`` - Redis that holds the boards, rows and quotes. Over TLS: ``rediss://``, with redis-py's options:
  ``?ssl_ca_certs=FILE`` for an authority of one's own, ``ssl_certfile`` and ``ssl_keyfile`` for a client's.
* ``CELERY_BROKER_URL`` - Redis that holds the queues; another server or another database of the same one.
* ``REDIS_MASTER``, ``CELERY_BROKER_MASTER`` - what Sentinels call the server, where the URL is of Sentinels:
  ``sentinel://user:password@host:26379/0;sentinel://host2:26379``, over TLS with options as above in the first of
  them (:mod:`config.addresses`).
* ``MARKET_CLOCK`` - ``wall``: time is that of the boards' Redis. ``events``: time is what the events say, for
  replays and delayed feeds; beat's resets do nothing and nothing counts as coming from the future.
* ``MARKET_CLOSURES`` - dates on which the exchange is closed and that its calendar does not know, such as a day of
  mourning: ``2025-01-09``, with commas between them. The same for every process.
* ``REFERENCE_FILE`` - CSV of reference data. Where it is set, the service below is not asked for any; with neither
  of them reference data comes only from what feeds bring.
* ``MASSIVE_API_KEY`` - key of the market data service, for its live feed and its reference data.
* ``MASSIVE_REST_URL`` - where that service answers for reference data.
* ``MASSIVE_CALLS_PER_SECOND`` - calls for reference data that one process makes at most. The plans that have the
  live feed are unlimited; the service asks to stay below 100.
* ``MASSIVE_SOCKET_URL`` - where the live feed comes from, without the path of the market;
  ``wss://delayed.massive.com`` is the same a quarter of an hour later.
* ``BOARD_SIZE`` - rows on a published board.
* ``BOARD_RETAIN`` - symbols that a board whose scores fall as well as rise keeps, so that one that comes back
  is not missed; at least ``BOARD_SIZE``.
* ``PUBLISH_INTERVAL`` - seconds between snapshots.
* ``VISIBILITY_TIMEOUT`` - seconds after which a message that a lost worker held is delivered again. Longer than
  any task may run.
* ``FAST_LANE`` - ``1``: bars are sent, fetched and applied many at a time. ``0``: in stock Celery's way, one by
  one.
* ``PREFETCH_MULTIPLIER`` - messages a worker takes ahead, per pool process; unset: 20,000 in the fast lane, as
  many as are conflated together, and 16 without. Without a backlog a worker takes only a few
  batches ahead.
* ``QUEUE_BOUND`` - depth of the ``aggs`` queue, in bars, above which a feed waits.
* ``FOLD_AFTER`` - seconds; bars of a backlog that are older are conflated: only the newest one of each symbol
  is applied. ``0``: never, as where time is what the events say.
* ``QUEUE_TASKS`` - tasks, separated by commas, that the queue of bars runs as well, and that may follow on its
  messages (callbacks, chains, chords); unset: bars and nothing else. Celery's own have to be named too, such as
  ``celery.chord_unlock``. Whoever may write to the queue can run what is named here, as often as they like.
* ``SYMBOLS_BOUND`` - symbols of a day, above which bars of new ones become dead letters, but for those of which
  reference data is known: each takes 2 KB of Redis for four days, and who may send bars can make symbols up.
* ``DEAD_LETTERS`` - dead letters kept, and 300 bytes for each; the oldest make room.
* ``GATEWAY_API_KEY`` - what clients of the web gateway authenticate with, 16 characters at least; unset: nothing,
  and the gateway listens on the loopback interface only.
* ``GATEWAY_ORIGINS`` - origins, separated by commas, whose pages may read the gateway beside its own page, such as
  ``https://boards.example.com``.
* ``GATEWAY_PROXIES`` - addresses or networks, separated by commas, of the proxies before the gateway: whom their
  ``X-Forwarded-For`` names is bounded instead of the proxy.
* ``FLOWER_HOSTS`` - names, separated by commas, by which Flower may be asked for beside this machine's own, such
  as ``flower.example.com``; unset: any with a login, none without.
* ``HEARTBEAT_FILE`` - file that one worker keeps fresh while it does its work, for the probe of its container,
  ``python -m config.heartbeat``; unset: none.
* ``LOG_FORMAT`` - ``json``: one object a line. ``text``: for people.
* ``LOG_LEVEL`` - the least level that is logged.
"""

import os
import re
import sys
from contextlib import suppress
from datetime import date
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import (
    Field,
    FilePath,
    HttpUrl,
    RedisDsn,
    SecretStr,
    TypeAdapter,
    ValidationError,
    WebsocketUrl,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from redis import ConnectionPool
from redis.exceptions import RedisError

from config import local_run
from config.addresses import Sentinels

#: Characters that a gateway's key has at least.
SHORTEST_KEY = 16

_REDIS_DSN: TypeAdapter[RedisDsn] = TypeAdapter(RedisDsn)
_HTTP_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)
_WEBSOCKET_URL: TypeAdapter[WebsocketUrl] = TypeAdapter(WebsocketUrl)


class Settings(BaseSettings):
    """The settings of one process; see the module's head for each one's unit and meaning."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    # Not shown, for a URL can hold a password.
    redis_url: str = Field("redis://127.0.0.1:6379/0", repr=False)
    celery_broker_url: str = Field("redis://127.0.0.1:6379/1", repr=False)
    redis_master: str | None = None
    celery_broker_master: str | None = None
    market_clock: Literal["wall", "events"] = "wall"
    market_closures: Annotated[frozenset[date], NoDecode] = frozenset()
    reference_file: FilePath | None = None
    massive_api_key: SecretStr | None = None
    massive_rest_url: str = "https://api.massive.com"
    massive_calls_per_second: float = Field(10, ge=1, le=100)
    massive_socket_url: str = "wss://socket.massive.com"
    board_size: int = Field(500, ge=1, le=1_000)
    board_retain: int = Field(20_000, ge=1)
    publish_interval: float = Field(1.0, ge=0.1, le=60)
    visibility_timeout: int = Field(60, ge=5)
    fast_lane: bool = True
    prefetch_multiplier: int | None = Field(None, ge=1, le=100_000)
    queue_bound: int = Field(20_000, ge=1)
    fold_after: float = Field(10.0, ge=0)
    queue_tasks: Annotated[tuple[str, ...], NoDecode] = ()
    symbols_bound: int = Field(50_000, ge=1, le=10_000_000)
    dead_letters: int = Field(100_000, ge=1, le=10_000_000)
    gateway_api_key: SecretStr | None = None
    gateway_origins: Annotated[tuple[str, ...], NoDecode] = ()
    gateway_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    flower_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    heartbeat_file: Path | None = None
    log_format: Literal["json", "text"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("redis_url", "celery_broker_url")
    @classmethod
    def _is_redis_url(cls, url: str) -> str:
        try:
            urlsplit(url)
        except ValueError:
            # Whose words show the password.
            raise ValueError("it is no URL: what is special in a password has to be percent-encoded") from None
        if sentinels := Sentinels.parse(url):
            _check_options(f"rediss://server?{sentinels.options}")
            # Kombu takes a URL with a blank before it for none.
            return ";".join(each.strip() for each in url.split(";"))
        _REDIS_DSN.validate_python(url)
        if not re.fullmatch(r"/?\d*", urlsplit(url).path):
            raise ValueError("the path of the URL is the number of a database, such as /0")
        _check_options(url)
        return url

    @field_validator("massive_rest_url")
    @classmethod
    def _is_http_url(cls, url: str) -> str:
        parts = _HTTP_URL.validate_python(url)
        if parts.query or parts.fragment:
            raise ValueError("paths are added to it, so it ends with its own")
        if parts.username or parts.password:
            raise ValueError("it is shown in logs, so it holds no user or password; the key is MASSIVE_API_KEY")
        return url.rstrip("/")

    @field_validator("flower_hosts", mode="before")
    @classmethod
    def _are_hosts(cls, listed: Any) -> Any:
        if not isinstance(listed, str):
            return listed
        hosts = tuple(each.strip().strip("[]").lower() for each in listed.split(",") if each.strip())
        for host in hosts:
            if not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", host) or host.count(":") == 1:
                raise ValueError(
                    f"{host!r} is no name of a host, without scheme and port, like flower.example.com"
                )
        return hosts

    @field_validator("massive_api_key")
    @classmethod
    def _fits_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        # Caught later it would be shown, by the error about the header.
        if key and not re.fullmatch(r"[!-~]+", key.get_secret_value()):
            raise ValueError("a key has neither blanks nor line ends, and is ASCII")
        return key

    @field_validator("massive_socket_url")
    @classmethod
    def _is_websocket_url(cls, url: str) -> str:
        parts = _WEBSOCKET_URL.validate_python(url)
        if parts.query or parts.fragment or (parts.path or "").rstrip("/").endswith("/stocks"):
            raise ValueError("the path of the market is added to it, so it ends before that")
        if parts.username or parts.password:
            raise ValueError("it is shown in logs, so it holds no user or password; the key is MASSIVE_API_KEY")
        # In small letters, for the client takes any other scheme for one without encryption.
        return f"{parts.scheme}://{url.strip().partition('://')[2].rstrip('/')}"

    @field_validator("gateway_origins", mode="before")
    @classmethod
    def _are_origins(cls, listed: Any) -> Any:
        if not isinstance(listed, str):
            return listed
        origins = tuple(each.strip().rstrip("/").lower() for each in listed.split(",") if each.strip())
        for origin in origins:
            if not re.fullmatch(r"https?://[^/?#@\s]+", origin):
                raise ValueError(f"{origin!r} is no origin: one is like https://boards.example.com")
        return origins

    @field_validator("market_closures", mode="before")
    @classmethod
    def _are_dates(cls, listed: Any) -> Any:
        if not isinstance(listed, str):
            return listed
        return frozenset(_date(each.strip()) for each in listed.split(",") if each.strip())

    @field_validator("gateway_api_key")
    @classmethod
    def _is_hard_to_guess(cls, key: SecretStr | None) -> SecretStr | None:
        if key and len(key.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"it has fewer than {SHORTEST_KEY} characters; openssl rand -hex 24 makes a good one")
        # Any other key no client could send in a header of HTTP.
        if key and not re.fullmatch(r"[!-~][ -~]*[!-~]", key.get_secret_value()):
            raise ValueError("it is ASCII in one line, with no blank at its start or end")
        return key

    @field_validator("gateway_proxies", mode="before")
    @classmethod
    def _are_networks(cls, listed: Any) -> Any:
        if not isinstance(listed, str):
            return listed
        try:
            return tuple(ip_network(each.strip()) for each in listed.split(",") if each.strip())
        except ValueError as error:
            raise ValueError(f"it lists addresses or networks such as 10.0.0.0/8: {error}") from None

    @field_validator("queue_tasks", mode="before")
    @classmethod
    def _are_tasks(cls, listed: Any) -> Any:
        if not isinstance(listed, str):
            return listed
        tasks = tuple(each.strip() for each in listed.split(",") if each.strip())
        for task in tasks:
            if not re.fullmatch(r"\w+(\.\w+)*", task, re.ASCII):
                raise ValueError(f"{task!r} is no name of a task: one is like tasks.publish_snapshot")
        return tasks

    @model_validator(mode="after")
    def _names_what_sentinels_watch(self) -> Self:
        for url, master, names in (
            (self.redis_url, self.redis_master, ("REDIS_URL", "REDIS_MASTER")),
            (self.celery_broker_url, self.celery_broker_master, ("CELERY_BROKER_URL", "CELERY_BROKER_MASTER")),
        ):
            if (Sentinels.parse(url) is None) != (master is None):
                raise ValueError(
                    f"{names[0]} and {names[1]} do not fit: where the URL is of Sentinels, and only there, the "
                    "other says what they call the server"
                )
        return self

    @model_validator(mode="after")
    def _retains_a_whole_board(self) -> Self:
        if self.board_retain < self.board_size:
            raise ValueError(f"BOARD_RETAIN is {self.board_retain}, less than BOARD_SIZE, {self.board_size}")
        return self


@cache
def settings() -> Settings:
    """The process's settings, read from the environment at the first call.

    Where it names no Redis, and `make run` keeps one in this checkout, it is that one.

    Raises:
        SystemExit: a value is wrong; its text names the variable, what it held and what was expected.
    """
    try:
        return Settings(_env_file=local_run.env_file(os.environ))
    except ValidationError as error:
        sys.exit("\n".join(_sentences(error)))


def _date(text: str) -> date:
    # The standard library takes weeks, and dates without hyphens, as well.
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise ValueError(f"{text!r} is no date: one is like 2025-01-09")


def _check_options(url: str) -> None:
    options = dict(parse_qsl(urlsplit(url).query))
    if {"username", "password"} & options.keys():
        raise ValueError("user and password stand before the host, where they are kept out of logs")
    if "ssl_password" in options:
        # Workers tell whoever asks for their statistics how they connect.
        raise ValueError("ssl_password would be shown: the key of ssl_keyfile has to do without one")
    for option in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"):
        if option in options and not Path(options[option]).is_file():
            raise ValueError(f"{option} names no file")
    try:
        # Makes no connection, and knows which options there are.
        ConnectionPool.from_url(url).make_connection()
    except TypeError as error:
        # Its words are of the library's own classes, with the option's name at their end.
        named = re.search(r"'(\w+)'$", str(error))
        name = named[1] if named else str(error)
        tls = " (it goes with rediss://)" if name.startswith("ssl_") and url.startswith("redis://") else ""
        raise ValueError(f"an option of the URL is unknown: {name}{tls}") from error
    except (ValueError, RedisError) as error:
        raise ValueError(f"an option of the URL is wrong: {error}") from error


def _sentences(error: ValidationError) -> list[str]:
    sentences = []
    for problem in error.errors():
        reason = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:
            sentences.append(f"Wrong setting: {reason}")
            continue
        variable = str(problem["loc"][0]).upper()
        # A key is secret and a URL can hold a password: they are named, never shown.
        held = "" if variable.endswith(("_URL", "_KEY")) else f" (it is {problem['input']!r})"
        sentences.append(f"Wrong setting {variable}{held}: {reason}")
    return sentences
