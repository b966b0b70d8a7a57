"""Who may read through the gateway: by key, and for browsers by the page that asks."""

import re
import secrets
from collections.abc import Collection

from pydantic import SecretStr
from starlette.datastructures import Headers

from config.loopback import is_loopback

# Of everything else nothing can be learned, and links may lead there.
_NOT_FOR_PAGES_OF_OTHERS = ("/api", "/metrics", "/ws")


class Access:
    """Decides about requests.

    Where there is a key, whoever brings it may ask. Where there is none, whoever reaches this machine's own
    interface may, but for web pages of others that a browser on it happens to show. A browser tells the origin of
    the page that asks: the gateway's own page may, and those of the origins listed. The name that the gateway is
    called by must be this machine's or one of the origins': else anybody could have a name of theirs point here,
    and the browser would take their page for ours.

    Args:
        key: what every request must bring; None: nothing.
        origins: whose pages may ask, such as ``https://boards.example.com``.
    """

    def __init__(self, key: SecretStr | None, origins: Collection[str]) -> None:
        self._key = key
        self._origins = frozenset(origins)
        self._hosts = {_host_of(origin) for origin in origins}

    @property
    def wants_key(self) -> bool:
        return self._key is not None

    def refuses(self, headers: Headers) -> str | None:
        """Why a request that brings no key is not answered; None where it is, or where a key decides."""
        if self._key:
            return None
        host = headers.get("host", "").lower()
        if not (is_loopback(_name_of(host)) or host in self._hosts):
            return f"without a key the gateway does not answer to the name {host!r:.80}; see GATEWAY_ORIGINS"
        origin = headers.get("origin", "").lower()
        if origin and origin not in self._origins and _host_of(origin) != host:
            return f"pages of {origin!r:.80} may not read the boards; see GATEWAY_ORIGINS"
        return None

    def is_key(self, given: str) -> bool:
        """Whether it is the key; how long that takes does not depend on how much of it is right."""
        held = self._key.get_secret_value() if self._key else ""
        return secrets.compare_digest(given.encode(errors="replace"), held.encode())

    @staticmethod
    def key_in(headers: Headers) -> str:
        """The key that a request brings, as ``X-API-Key`` or ``Authorization: Bearer``; empty: none."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")

    def refuses_page(self, path: str, headers: Headers) -> str | None:
        """Why a request that a page of others makes is not answered; None where it is.

        Browsers tell no origin of an image's or a form's request, but what site the page is of.
        """
        if not path.startswith(_NOT_FOR_PAGES_OF_OTHERS):
            return None
        site = headers.get("sec-fetch-site", "").lower()
        if site in ("", "none", "same-origin") or headers.get("origin", "").lower() in self._origins:
            return None
        return "pages of other origins may not read the boards; see GATEWAY_ORIGINS"


def _host_of(origin: str) -> str:
    """``host:port`` of an origin; empty where it is none, such as ``null``."""
    return origin.partition("://")[2]


def _name_of(host: str) -> str:
    """The host without its port."""
    return re.sub(r":\d*$", "", host)
