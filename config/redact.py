"""URLs without their passwords, for logs and terminals."""

from kombu.utils.url import maybe_sanitize_url

from config.redis_urls import Sentinels


def redacted(url: str) -> str:
    """The URL of a Redis, or of its Sentinels, with the password replaced by ``**``."""
    # Kombu cannot read several URLs.
    return str(Sentinels.parse(url) or maybe_sanitize_url(url))
