"""The services that alerts are sent to, by apprise."""

import logging
import re
from collections.abc import Sequence
from hashlib import scrypt
from urllib.parse import unquote

from pydantic import SecretStr

from config.extras import extra
from watch.notify.message import Message

#: Seconds after which a service that has not answered counts as away.
TIMEOUT = 30.0

# Characters of a message that nobody would want longer, whatever a service takes.
_LONGEST = 4_000
# Parts of a URL of so many characters may be secret.
_SECRET = 4
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*(?=://)")
# What apprise puts before the text of a line that it logs.
_LOG_HEAD = re.compile(r"^.* - (WARNING|ERROR|CRITICAL) - ")

# Its own lines about failures can show a URL. They are logged by whoever sends, redacted.
logging.getLogger("apprise").propagate = False


class TargetError(ValueError):
    """A URL is of no service that apprise knows; the text is a sentence that does not show the URL."""


class SendError(Exception):
    """A service did not take a message; the text says why, without the secrets of its URL."""


class Target:
    """A service that messages are sent to.

    Args:
        number: its place in ALERT_URLS, from 1.
        url: apprise's; it may hold passwords and tokens.

    Attributes:
        name: such as ``1 Telegram``, which shows nothing of the URL.
        key: of the same URL always the same, whatever its place. The URL cannot be computed from it.
        longest: characters that a message may have with its title.

    Raises:
        TargetError: apprise does not know the service, or the URL lacks what the service needs.
    """

    def __init__(self, number: int, url: str) -> None:
        # Imported here: it takes long to load, and a notifier without targets waits without it.
        with extra("alerts"):
            from apprise import Apprise, AppriseAsset

        service = Apprise.instantiate(url, asset=AppriseAsset(app_id="Leaderboards", app_desc="Alerts"))
        if service is None:
            scheme = _SCHEME.match(url)
            kind = f", which begins with {scheme[0]}://," if scheme else ""
            raise TargetError(
                f"ALERT_URLS: the URL in place {number}{kind} is of no service that apprise knows, or lacks what "
                "that service needs: github.com/caronc/apprise lists all, with their URLs"
            )
        self.name = f"{number} {service.service_name}"
        # Slow to compute on purpose: a short password is not found by trying out.
        self.key = scrypt(url.encode(), salt=b"leaderboard:notifier", n=2**14, r=8, p=1, dklen=12).hex()
        self.longest = min(service.body_maxlen, _LONGEST)
        self._parts = _parts(url)
        self._apprise = Apprise()
        self._apprise.add(service)

    def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            SendError: the service refuses, or does not answer in :data:`TIMEOUT` seconds.
        """
        try:
            with self._apprise.notify(message.body, message.title, body_format="text", timeout=TIMEOUT) as result:
                if not result:
                    said = "; ".join(_LOG_HEAD.sub("", entry.message) for entry in result.logs())
                    raise SendError(self._redacted(said) or "it does not say why")
        except SendError:
            raise
        except Exception as error:
            # Whatever one of a hundred services raises: its target is tried again, and the others do not notice.
            raise SendError(type(error).__name__) from None

    def _redacted(self, text: str) -> str:
        for part in self._parts:
            text = text.replace(part, "**")
        return text


def targets_of(urls: Sequence[SecretStr]) -> list[Target]:
    """The services of the setting.

    Raises:
        TargetError: see :class:`Target`.
    """
    return [Target(number, url.get_secret_value()) for number, url in enumerate(urls, 1)]


def _parts(url: str) -> list[str]:
    """What of a URL may be secret, the longest first."""
    behind = url.partition("://")[2]
    parts = {part for text in (behind, unquote(behind)) for part in re.split(r"[/:@?&=,]+", text)}
    return sorted((part for part in parts if len(part) >= _SECRET), key=len, reverse=True)
