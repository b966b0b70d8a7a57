"""Where a Redis is, if Sentinels watch it: one URL for each of them, in kombu's spelling.

``sentinel://[user:password@]host:port/db;sentinel://host:port;...``: user, password and database are those of the
server, and stand in the first URL. What the Sentinels call the server is a setting of its own.
"""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote, urlsplit

_PORT = 26379
_SCHEME = "sentinel://"


@dataclass(frozen=True, repr=False)
class Sentinels:
    """Sentinels, and how to log in at the server that they watch.

    Attributes:
        hosts: the Sentinels' hosts and ports.
        database: of the server.
        username, password: the server's; None: it asks for none.
    """

    hosts: tuple[tuple[str, int], ...]
    database: int
    username: str | None
    password: str | None

    def __str__(self) -> str:
        """Their URLs as they may be shown, the password hidden."""
        first, *others = (f"{f'[{host}]' if ':' in host else host}:{port}" for host, port in self.hosts)
        login = quote(self.username or "", safe="") + (":**" if self.password else "")
        first = f"{login}@{first}" if login else first
        return ";".join(_SCHEME + each for each in (f"{first}/{self.database}", *others))

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
            if each.scheme != "sentinel" or not each.hostname or each.query or each.fragment:
                raise ValueError(f"the URL of Sentinel {n} is not like {_SCHEME}host:{_PORT}")
        if any(each.username or each.password or each.path.strip("/") for each in others):
            raise ValueError("user, password and database are the server's, and stand in the first URL alone")
        if not re.fullmatch(r"/?\d*", first.path):
            raise ValueError("the path of the first URL is the number of a database, such as /0")
        return cls(
            tuple((str(each.hostname), each.port or _PORT) for each in (first, *others)),
            int(first.path.strip("/") or 0),
            unquote(first.username) if first.username else None,
            unquote(first.password) if first.password else None,
        )
