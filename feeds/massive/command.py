"""Sends the live market's bars."""

import asyncio
from typing import Annotated

import typer

from config.extras import extra
from config.settings import settings
from feeds.display import display
from feeds.errors import FeedError
from feeds.feed_run import exporting_metrics, reporting_early_end
from feeds.massive import metrics
from feeds.massive.buffer import FrameBuffer
from feeds.massive.channels import EVERY_SECOND, channels, event_types
from feeds.massive.frames import FrameReader
from feeds.massive.publisher import Publisher
from feeds.massive.silence_detector import DELAY, SilenceDetector
from feeds.servers import Broker


def massive(
    feed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHANNEL,...",
            help="A.* for all bars of a second, AM.* for those of a minute, A.AAPL,A.MSFT for some symbols'; "
            f"can be repeated; {EVERY_SECOND}",
        ),
    ] = None,
) -> None:
    """Send the bars of the live market, as the market data service's WebSocket brings them.

    Needs MASSIVE_API_KEY. MASSIVE_SOCKET_URL names another host, such as the delayed one, whose bars want
    MARKET_CLOCK=events.
    """
    with extra("massive"):
        from feeds.massive.live_feed import LiveFeed
        from feeds.massive.subscriber import Subscriber
    try:
        names = channels(feed or [EVERY_SECOND])
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--feed") from None
    key, url = settings().massive_api_key, settings().massive_socket_url
    if key is None:
        raise FeedError("MASSIVE_API_KEY is not set: the live market needs a key of the market data service.")
    delayed = "delayed" in url
    if delayed and settings().market_clock == "wall":
        print("MARKET_CLOCK is 'wall': delayed bars want 'events', so that boards are cleared by the bars' time.")
    frames, buffer = FrameReader(event_types(names)), FrameBuffer()
    publisher = Publisher(buffer, frames, Broker(), settings().queue_bound)
    with display(None) as shown:
        silence = SilenceDetector(names, DELAY if delayed else 0.0)
        live = LiveFeed(Subscriber(url, key, names, frames, silence=silence), frames, buffer, publisher, shown)
        metrics.observe(frames)
        with reporting_early_end(live), exporting_metrics(live):
            asyncio.run(live.run())
