"""Where a Redis is, if Sentinels watch it: one URL for each of them, in kombu's spelling.

``sentinel://[user:password@]host:port/db[?ssl_ca_certs=FILE];sentinel://host:port;...``: user, password and
database are those of the server, and stand in the first URL. So do options of TLS: any of them, for one
``ssl_cert_reqs=required``, has it spoken to Sentinels and server alike. What the Sentinels call the server is a
setting of its own.
"""

import re
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from redis import connection

_parse_options: Any = connection.parse_url

_PORT = 26379
_SCHEME = "sentinel://"
# Seconds until a Sentinel that does not answer, or cannot be reached, is passed over for the next one.
_TIMEOUT = 1.0


@dataclass(frozen=True, repr=False)
class Sentinels:
    """Sentinels, and how to log in at the server that they watch.

    Attributes:
        hosts: the Sentinels' hosts and ports.
        database: of the server.
        username, password: the server's; None: it asks for none.
        options: of TLS, as in a URL; empty: it is not spoken.
    """

    hosts: tuple[tuple[str, int], ...]
    database: int
    username: str | None
    password: str | None
    options: str = ""

    @property
    def tls(self) -> dict[str, Any]:
        """The options, for redis-py."""
        return tls(self.options)

    @property
    def asking(self) -> dict[str, Any]:
        """How redis-py connects to the Sentinels."""
        return {
            "socket_timeout": _TIMEOUT,
            "socket_connect_timeout": _TIMEOUT,
            # The next one is asked instead.
            "retry": None,
            "ssl": bool(self.options),
            **self.tls,
        }

    @property
    def login(self) -> dict[str, Any]:
        """How redis-py connects to the server that they name."""
        return {
            "db": self.database,
            "username": self.username,
            "password": self.password,
            "ssl": bool(self.options),
            **self.tls,
        }

    def __str__(self) -> str:
        """Their URLs as they may be shown, the password hidden."""
        first, *others = (f"{f'[{host}]' if ':' in host else host}:{port}" for host, port in self.hosts)
        login = quote(self.username or "", safe="") + (":**" if self.password else "")
        first = (f"{login}@{first}" if login else first) + f"/{self.database}"
        first = f"{first}?{self.options}" if self.options else first
        return ";".join(_SCHEME + each for each in (first, *others))

    @classmethod
    def parse(cls, url: str) -> Self | None:
        """The Sentinels of a setting; None where it is the URL of a server.

        Raises:
            ValueError: it is neither; the text says why, and shows no password.
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


def tls(query: str) -> dict[str, Any]:
    """The options of TLS in a URL's query, for redis-py."""
    parsed: dict[str, Any] = _parse_options(f"rediss://?{query}")
    return {name: value for name, value in parsed.items() if name.startswith("ssl_")}


def unchecked(url: str) -> str | None:
    """The option by which a URL has TLS believe a server whose certificate is not, or not wholly, checked."""
    sentinels = Sentinels.parse(url)
    options = tls(sentinels.options if sentinels else urlsplit(url).query)
    for option, value in (("ssl_cert_reqs", "none"), ("ssl_check_hostname", False)):
        if options.get(option) == value:
            return f"{option}={value}"
    return None


def _has_port(url: SplitResult) -> bool:
    """Whether its port is one, or none is named."""
    try:
        return url.port != 0
    except ValueError:
        # A password, where the host was forgotten: the words of this error would show it.
        return False
