"""The deployment as the doctor sees it: settings, environment and the Redis servers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urlsplit

from celery import Celery
from redis import Redis

from config import queue_depth
from config.bounded_control import BoundedControl
from config.celery import configuration
from config.loopback import is_loopback
from config.redact import redacted
from config.redis_urls import Sentinels
from config.settings import Settings
from leaderboard.connections.connection import connect_without_retries


@dataclass(frozen=True, repr=False)
class Server:
    """A Redis server, as a setting names it.

    Attributes:
        name: what it is called in findings.
        variable: the setting.
        url: its value, with the password.
        master: the server's name at its Sentinels.
    """

    name: str
    variable: str
    url: str
    master: str | None

    @cached_property
    def client(self) -> Redis:
        """A client that fails at once. Threads share it."""
        return connect_without_retries(self.url, self.master)

    @property
    def shown(self) -> str:
        """The URL without the password."""
        return redacted(self.url)

    @cached_property
    def _sentinels(self) -> Sentinels | None:
        return Sentinels.parse(self.url)

    @property
    def hosts(self) -> list[str]:
        """The hosts that the URL names."""
        if self._sentinels:
            return [host for host, _ in self._sentinels.hosts]
        return [urlsplit(self.url).hostname or "localhost"]

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        return all(map(is_loopback, self.hosts))

    @property
    def database(self) -> int:
        if self._sentinels:
            return self._sentinels.database
        return int(urlsplit(self.url).path.strip("/") or 0)

    @property
    def user(self) -> str:
        """The Redis user; ``default`` where the URL names none."""
        name = self._sentinels.username if self._sentinels else urlsplit(self.url).username
        return unquote(name or "") or "default"

    @property
    def has_password(self) -> bool:
        return bool(self._sentinels.password if self._sentinels else urlsplit(self.url).password)


@dataclass(frozen=True)
class Deployment:
    """What the checks look at.

    Attributes:
        settings: of this process.
        environment: of this process.
        gateway: the gateway's URL; None: nobody named it.
    """

    settings: Settings
    environment: Mapping[str, str]
    gateway: str | None = None

    @cached_property
    def app(self) -> Celery:
        """An app for questions to the broker: it gives up quickly, and its questions end in time."""
        app = Celery("doctor", control=BoundedControl, set_as_current=False)
        app.config_from_object(configuration(self.settings))
        app.conf.broker_transport_options = {**app.conf.broker_transport_options, **queue_depth.OPTIONS}
        return app

    @cached_property
    def boards(self) -> Server:
        return Server("the boards' Redis", "REDIS_URL", self.settings.redis_url, self.settings.redis_master)

    @cached_property
    def others(self) -> tuple[Server, ...]:
        """The boards' servers behind the first one."""
        return tuple(
            Server(f"server {n} of the boards", "BOARD_SHARDS", server.url, server.master)
            for n, server in enumerate(self.settings.board_shards, 2)
        )

    @cached_property
    def queues(self) -> Server:
        return Server(
            "the broker",
            "CELERY_BROKER_URL",
            self.settings.celery_broker_url,
            self.settings.celery_broker_master,
        )
