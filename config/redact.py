"""What of a URL may be shown."""

from kombu.utils.url import maybe_sanitize_url

from config.redis_urls import Sentinels


def redacted(url: str) -> str:
    """The URL of a Redis, or of its Sentinels, the password hidden."""
    # Of several URLs kombu takes all but the first one's host for its port.
    return str(Sentinels.parse(url) or maybe_sanitize_url(url))
