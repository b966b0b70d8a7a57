"""Every setting of the system, read once from the environment.

Each field's variable is its name in capitals: ``redis_url`` is ``REDIS_URL``. A wrong value stops the program
at start with a sentence that names the variable (:func:`settings`). The docs' table of settings is made from the
fields by ``python -m docs.generate``.
"""

import os
import sys
from datetime import date
from enum import StrEnum
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config import local_run, validators
from config.redis_urls import Sentinels, Server

RedisUrl = Annotated[str, AfterValidator(validators.redis_url)]
HttpUrl = Annotated[str, AfterValidator(validators.http_url)]
WebsocketUrl = Annotated[str, AfterValidator(validators.websocket_url)]
HeaderKey = Annotated[SecretStr, AfterValidator(validators.header_key)]
ClientKey = Annotated[SecretStr, AfterValidator(validators.client_key)]
BoardShards = Annotated[tuple[Server, ...], NoDecode, BeforeValidator(validators.board_shards)]
Dates = Annotated[frozenset[date], NoDecode, BeforeValidator(validators.dates)]
Hosts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(validators.hosts)]
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(validators.origins)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(validators.networks)]
TaskNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(validators.task_names)]
NotificationUrls = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(validators.notification_urls)]

#: The shipped screens, where ``SCREENS_FILE`` names none.
SHIPPED_SCREENS = Path(__file__).with_name("screens.toml")

#: The shipped rules of alerts, where ``ALERTS_FILE`` names none.
SHIPPED_ALERTS = Path(__file__).with_name("alerts.toml")


class Group(StrEnum):
    """What a setting is about; in the order of the docs."""

    REDIS = "Redis"
    TIME = "Market time"
    REFERENCE = "Market data service and reference data"
    BOARDS = "Boards"
    ALERTS = "Alerts"
    WORKERS = "Workers"
    LIMITS = "Limits"
    GATEWAY = "Web gateway"
    HISTORY = "History"
    FLOWER = "Flower"
    LOGS = "Logs and health"


def _setting(default: Any, group: Group, description: str, *, unit: str = "", **bounds: Any) -> Any:
    """A field of :class:`Settings`.

    Args:
        default: its value where the variable is unset.
        group: the docs' heading that it stands under.
        description: what it is, in a sentence or two of Markdown.
        unit: what a number counts.
        bounds: pydantic's, such as ``ge``; and ``repr=False`` for what may hold a password.
    """
    return Field(default, description=description, json_schema_extra={"group": group, "unit": unit}, **bounds)


class Settings(BaseSettings):
    """The settings of one process."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    redis_url: RedisUrl = _setting(
        "redis://127.0.0.1:6379/0",
        Group.REDIS,
        "Redis that holds the boards, rows and quotes. TLS: `rediss://`, with the options of redis-py, such as "
        "`?ssl_ca_certs=FILE` for your own authority, or `ssl_certfile` and `ssl_keyfile` for a client "
        "certificate. Sentinels: `sentinel://user:password@host:26379/0;sentinel://host2:26379`, with options in "
        "the first URL.",
        repr=False,
    )
    celery_broker_url: RedisUrl = _setting(
        "redis://127.0.0.1:6379/1",
        Group.REDIS,
        "Redis that holds the queues: another server, or another database of the same one. Spelled like "
        "`REDIS_URL`.",
        repr=False,
    )
    redis_master: str | None = _setting(
        None,
        Group.REDIS,
        "Name by which the Sentinels in `REDIS_URL` know the server; needed with Sentinels only.",
    )
    celery_broker_master: str | None = _setting(
        None,
        Group.REDIS,
        "Name by which the Sentinels in `CELERY_BROKER_URL` know the server; needed with Sentinels only.",
    )

    board_shards: BoardShards = _setting(
        (),
        Group.REDIS,
        "Further Redis servers among which the symbols are divided, separated by blanks, each spelled like "
        "`REDIS_URL`; the URL of Sentinels ends with `#` and the name by which they know the server. "
        "`REDIS_URL` is the first server. The order counts, and is the same for every process. Unset: there is "
        "one server.",
        repr=False,
    )

    market_clock: Literal["wall", "events"] = _setting(
        "wall",
        Group.TIME,
        "`wall`: the time is that of the boards' Redis. `events`: the time is that of the bars, for replays and "
        "delayed feeds; then beat resets nothing and no bar is refused as too far ahead.",
    )
    market_closures: Dates = _setting(
        frozenset(),
        Group.TIME,
        "Dates such as `2025-01-09` on which the exchange is closed although its calendar says otherwise, such "
        "as a day of mourning. Use the same value for every process.",
    )

    reference_file: FilePath | None = _setting(
        None,
        Group.REFERENCE,
        "CSV file of reference data. If set, the market data service is not asked for reference data; with "
        "neither file nor key, reference data comes only from what feeds bring.",
    )
    massive_api_key: HeaderKey | None = _setting(
        None, Group.REFERENCE, "Key of the market data service, for its live feed and its reference data."
    )
    massive_rest_url: HttpUrl = _setting(
        "https://api.massive.com", Group.REFERENCE, "Address of the market data service for reference data."
    )
    massive_calls_per_second: float = _setting(
        10,
        Group.REFERENCE,
        "Calls for reference data that one process makes at most. Plans with the live feed are unlimited; the "
        "service asks its users to stay below 100.",
        unit="calls per second",
        ge=1,
        le=100,
    )
    massive_socket_url: WebsocketUrl = _setting(
        "wss://socket.massive.com",
        Group.REFERENCE,
        "Address of the live feed, without the path of the market; `wss://delayed.massive.com` is the same feed "
        "15 minutes late.",
    )

    board_size: int = _setting(500, Group.BOARDS, "Rows of a published board.", unit="rows", ge=1, le=1_000)
    board_retain: int = _setting(
        20_000,
        Group.BOARDS,
        "Symbols kept for a board whose scores can fall, so that a symbol that rises again is not missed; at "
        "least `BOARD_SIZE`.",
        unit="symbols",
        ge=1,
    )
    screens_file: Path | None = _setting(
        None,
        Group.BOARDS,
        "TOML file of screens, which clock workers read, and read again when it has changed. Unset: the shipped "
        "`config/screens.toml`. Use the same file for every clock worker.",
    )
    publish_interval: float = _setting(
        1.0, Group.BOARDS, "Time between two snapshots of the boards.", unit="seconds", ge=0.1, le=60
    )

    alerts_file: Path | None = _setting(
        None,
        Group.ALERTS,
        "TOML file of rules of alerts, which clock workers read, and read again when it has changed. Unset: the "
        "shipped `config/alerts.toml`. Use the same file for every clock worker.",
    )
    alert_urls: NotificationUrls = _setting(
        (),
        Group.ALERTS,
        "Where `python -m watch notify` sends alerts: URLs of [apprise](https://github.com/caronc/apprise), "
        "such as `ntfy://TOPIC`, `tgram://TOKEN/CHAT` or `jsons://example.com/path`.",
        repr=False,
    )
    alert_interval: float = _setting(
        3.0,
        Group.ALERTS,
        "Time between two messages to one of `ALERT_URLS`. What fires meanwhile is sent as one message.",
        unit="seconds",
        ge=0,
        le=3_600,
    )
    alert_max_age: float = _setting(
        900.0,
        Group.ALERTS,
        "Age above which an alert is not sent any more, because the service or the notifier was away.",
        unit="seconds",
        ge=1,
        le=86_400,
    )

    visibility_timeout: int = _setting(
        60,
        Group.WORKERS,
        "Time after which a message of a lost worker is delivered again. Longer than any task may run.",
        unit="seconds",
        ge=5,
    )
    fast_lane: bool = _setting(
        True,
        Group.WORKERS,
        "`1`: bars are sent, fetched and applied many at a time. `0`: one by one, by stock Celery.",
    )
    prefetch_multiplier: int | None = _setting(
        None,
        Group.WORKERS,
        "Messages that a worker prefetches for each process of its pool. Unset: 20,000 with the fast lane, the "
        "most that are conflated together, and 16 without. Without a backlog the fast lane prefetches only a few "
        "batches.",
        unit="messages",
        ge=1,
        le=100_000,
    )
    fold_after: float = _setting(
        10.0,
        Group.WORKERS,
        "Age from which bars of a backlog are conflated: only the newest bar of each symbol is applied. `0`: "
        "never. With `MARKET_CLOCK=events` never either.",
        unit="seconds",
        ge=0,
    )
    queue_tasks: TaskNames = _setting(
        (),
        Group.WORKERS,
        "Further tasks that workers run from the queue of bars, and that its messages may name as callbacks, in "
        "chains or in chords. Celery's own, such as `celery.chord_unlock`, have to be named too. Whoever may "
        "write to the queue can run these tasks as often as they like.",
    )

    queue_bound: int = _setting(
        20_000, Group.LIMITS, "Bars waiting in the queue `aggs` above which a feed waits.", unit="bars", ge=1
    )
    symbols_bound: int = _setting(
        50_000,
        Group.LIMITS,
        "Symbols of a day above which bars of new symbols become dead letters, unless reference data knows the "
        "symbol. Each symbol takes 2 KB of Redis for four days, and whoever may send bars can make symbols up. Of "
        "several servers (`BOARD_SHARDS`) each takes its share and a tenth more.",
        unit="symbols",
        ge=1,
        le=10_000_000,
    )
    dead_letters: int = _setting(
        100_000,
        Group.LIMITS,
        "Dead letters kept, at some 350 bytes each; above this the oldest are removed.",
        unit="dead letters",
        ge=1,
        le=10_000_000,
    )

    tape_bound: int = _setting(
        2_000_000,
        Group.LIMITS,
        "Bars that the tape, which recorders read, keeps at most, at some 100 bytes of Redis each. Beyond it the "
        "oldest are removed, and history has a gap.",
        unit="bars",
        ge=1_000,
        le=100_000_000,
    )

    gateway_api_key: ClientKey | None = _setting(
        None,
        Group.GATEWAY,
        "Key that clients of the gateway authenticate with, 16 characters at least. Unset: none is asked for, "
        "and the gateway listens on the loopback interface only.",
    )
    gateway_origins: Origins = _setting(
        (),
        Group.GATEWAY,
        "Origins whose pages may read the gateway besides its own page, such as `https://boards.example.com`.",
    )
    gateway_proxies: Networks = _setting(
        (),
        Group.GATEWAY,
        "Addresses or networks of the proxies before the gateway, such as `10.0.0.0/8`. Limits then apply to the "
        "client that their `X-Forwarded-For` names, and not to the proxy.",
    )

    history_dir: Path | None = _setting(
        None,
        Group.HISTORY,
        "Folder in which history is recorded and read, a folder a trading day. Unset: there is no history here.",
    )

    flower_hosts: Hosts = _setting(
        (),
        Group.FLOWER,
        "Host names that Flower answers to besides this machine's own, such as `flower.example.com`. Unset: any "
        "name if Flower asks for a login, this machine's names only otherwise.",
    )

    heartbeat_file: Path | None = _setting(
        None,
        Group.LOGS,
        "File that a worker, the recorder, or the notifier touches while it works, for its container's probe, "
        "`python -m config.heartbeat`. One file per process. Unset: none.",
    )
    log_format: Literal["json", "text"] = _setting(
        "json", Group.LOGS, "`json`: one object per line, for machines. `text`: for people."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting(
        "INFO", Group.LOGS, "Least severe level that is logged."
    )

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

    @property
    def board_servers(self) -> tuple[Server, ...]:
        """The servers of the boards, the first one first."""
        return (Server(self.redis_url, self.redis_master), *self.board_shards)

    @property
    def symbols_bound_of_server(self) -> int:
        """The symbols of a day that each server of the boards takes: of several, a tenth more than its share.

        A hash gives no server just its share.
        """
        servers = len(self.board_servers)
        return self.symbols_bound if servers == 1 else -(-self.symbols_bound * 11 // (servers * 10))

    @model_validator(mode="after")
    def _divides_among_different_servers(self) -> Self:
        if len({server.url for server in self.board_servers}) < len(self.board_servers):
            raise ValueError("REDIS_URL and BOARD_SHARDS name a server twice")
        return self

    @model_validator(mode="after")
    def _retains_a_whole_board(self) -> Self:
        if self.board_retain < self.board_size:
            raise ValueError(f"BOARD_RETAIN is {self.board_retain}, less than BOARD_SIZE, {self.board_size}")
        return self


@cache
def settings() -> Settings:
    """The process's settings, read from the environment at the first call.

    If the environment names no Redis, and `make run` runs one in this checkout, that one is used.

    Raises:
        SystemExit: a value is wrong; its text names the variable, its value and what was expected.
    """
    try:
        return Settings(_env_file=local_run.env_file(os.environ))
    except ValidationError as error:
        sys.exit("\n".join(_sentences(error)))


def _sentences(error: ValidationError) -> list[str]:
    sentences = []
    for problem in error.errors():
        reason = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:
            sentences.append(f"Wrong setting: {reason}")
            continue
        variable = str(problem["loc"][0]).upper()
        # Keys are secret and URLs may hold a password: only the variable is named.
        value = "" if variable.endswith(("_URL", "_URLS", "_KEY")) else f" (it is {problem['input']!r})"
        sentences.append(f"Wrong setting {variable}{value}: {reason}")
    return sentences
