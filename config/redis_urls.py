"""Parses the URLs of Redis: the options of TLS, and the URLs of Sentinels that watch a server, in kombu's format.

``sentinel://[user:password@]host:port/db[?ssl_ca_certs=FILE];sentinel://host:port;...``: the first URL has the
server's user, password and database, and the TLS options. Any TLS option, such as ``ssl_cert_reqs=required``,
turns TLS on for the Sentinels and the server. The server's name at the Sentinels is a setting of its own.
"""

import re
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from redis import connection

_parse_options: Any = connection.parse_url

_PORT = 26379
_SCHEME = "sentinel://"
# Seconds to connect to a Sentinel, and to wait for its answer, before the next one is tried.
_TIMEOUT = 1.0


@dataclass(frozen=True, repr=False)
class Sentinels:
    """Sentinels, and the login of the server that they watch.

    Attributes:
        hosts: the Sentinels' hosts and ports.
        database: the server's database.
        username, password: the server's; None if it needs none.
        options: TLS options, as a URL's query; empty: no TLS.
    """

    hosts: tuple[tuple[str, int], ...]
    database: int
    username: str | None
    password: str | None
    options: str = ""

    @property
    def tls(self) -> dict[str, Any]:
        """The TLS options, as redis-py's arguments."""
        return tls(self.options)

    @property
    def sentinel_arguments(self) -> dict[str, Any]:
        """redis-py's arguments for connections to the Sentinels."""
        return {
            "socket_timeout": _TIMEOUT,
            "socket_connect_timeout": _TIMEOUT,
            # The next Sentinel is tried instead.
            "retry": None,
            "ssl": bool(self.options),
            **self.tls,
        }

    @property
    def server_arguments(self) -> dict[str, Any]:
        """redis-py's arguments for connections to the server."""
        return {
            "db": self.database,
            "username": self.username,
            "password": self.password,
            "ssl": bool(self.options),
            **self.tls,
        }

    def __str__(self) -> str:
        """The URLs, with the password redacted."""
        first, *others = (f"{f'[{host}]' if ':' in host else host}:{port}" for host, port in self.hosts)
        login = quote(self.username or "", safe="") + (":**" if self.password else "")
        first = (f"{login}@{first}" if login else first) + f"/{self.database}"
        first = f"{first}?{self.options}" if self.options else first
        return ";".join(_SCHEME + each for each in (first, *others))

    @classmethod
    def parse(cls, url: str) -> Self | None:
        """Parse a setting; None if it is the URL of a server.

        Raises:
            ValueError: the Sentinels' URLs are invalid; the text says why, without the password.
        """
        if not url.startswith(_SCHEME):
            return None
        first, *others = (urlsplit(each.strip()) for each in url.split(";"))
        for n, each in enumerate((first, *others), 1):
            if each.scheme != "sentinel" or not each.hostname or not _has_port(each) or each.fragment:
                raise ValueError(f"the URL of Sentinel {n} is not like {_SCHEME}host:{_PORT}")
        if any(each.username or each.password or each.path.strip("/") or each.query for each in others):
            raise ValueError("user, password, database and options of TLS stand in the first URL alone")
        options = parse_qsl(first.query, keep_blank_values=True)
        if not all(name.startswith("ssl_") and value for name, value in options):
            raise ValueError("with Sentinels the options of the URL are those of TLS, such as ssl_ca_certs=FILE")
        if not re.fullmatch(r"/?\d*", first.path):
            raise ValueError("the path of the first URL is the number of a database, such as /0")
        return cls(
            tuple((str(each.hostname), each.port or _PORT) for each in (first, *others)),
            int(first.path.strip("/") or 0),
            unquote(first.username) if first.username else None,
            unquote(first.password) if first.password else None,
            urlencode(options),
        )


@dataclass(frozen=True, repr=False)
class Server:
    """Where a server is.

    Attributes:
        url: its own, or those of the Sentinels that watch it.
        master: its name at the Sentinels; None: the URL is its own.
    """

    url: str
    master: str | None = None


def tls(query: str) -> dict[str, Any]:
    """The TLS options in a URL's query, as redis-py's arguments."""
    parsed: dict[str, Any] = _parse_options(f"rediss://?{query}")
    return {name: value for name, value in parsed.items() if name.startswith("ssl_")}


def certificate_check_disabled_by(url: str) -> str | None:
    """The option of a URL, if any, that turns off the check of the server's certificate or of its host name."""
    sentinels = Sentinels.parse(url)
    options = tls(sentinels.options if sentinels else urlsplit(url).query)
    for option, value in (("ssl_cert_reqs", "none"), ("ssl_check_hostname", False)):
        if options.get(option) == value:
            return f"{option}={value}"
    return None


def _has_port(url: SplitResult) -> bool:
    """Whether the URL has a valid port or none."""
    try:
        return url.port != 0
    except ValueError:
        # Do not re-raise: without a host, the error's text would quote the password as a port.
        return False
