"""Checks the proxy that the environment names, before a connection fails for a reason that is hard to read."""

from importlib.util import find_spec

from websockets.exceptions import InvalidProxy
from websockets.proxy import get_proxy, parse_proxy
from websockets.uri import parse_uri

from feeds.errors import FeedError


def check_proxy(url: str) -> None:
    """Check that the proxy for `url` can be used, if there is one.

    Raises:
        FeedError: it cannot. The text shows neither user nor password.
    """
    named = get_proxy(parse_uri(url))
    if named is None:
        return
    try:
        proxy = parse_proxy(named)
    except (InvalidProxy, ValueError):
        raise FeedError(f"What the environment names as the proxy for {url} is no URL of one.") from None
    if proxy.scheme.startswith("socks") and find_spec("python_socks") is None:
        raise FeedError(
            f"The environment names a SOCKS proxy for {url}, {proxy.scheme}://{proxy.host}:{proxy.port}, which "
            "takes the package python-socks: pip install 'python-socks[asyncio]', or name the host in NO_PROXY."
        )
