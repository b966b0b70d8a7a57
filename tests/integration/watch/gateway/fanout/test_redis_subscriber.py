"""The gateway's subscription to Redis: its end, and its connection's health checks."""

import asyncio
import time

from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from tests.support.watch.gateways import SOON
from watch.gateway.fanout.redis_subscriber import RedisSubscriber
from watch.gateway.supervisor import Supervisor


def listener(url: str, *, health_check_interval: float = 15) -> RedisSubscriber:
    async def connected() -> None:
        pass

    redis = AsyncRedis.from_url(url, protocol=2, socket_timeout=2, health_check_interval=health_check_interval)
    return RedisSubscriber(redis, lambda channel, payload: None, lambda more: None, connected, Supervisor())


async def want(subscriber: RedisSubscriber, *channels: str) -> None:
    for channel in channels:
        subscriber.add(channel)
    await subscriber.settle()


async def until_up(subscriber: RedisSubscriber) -> None:
    async with asyncio.timeout(SOON):
        while not subscriber.up:
            await asyncio.sleep(0.01)


def test_it_ends_whenever_it_is_cancelled(redis: Redis, redis_url: str) -> None:
    async def unended() -> list[int]:
        steps = []
        for step in range(40):
            # When it is cancelled at any step on its way to being connected
            running = asyncio.create_task(listener(redis_url).run())
            for _ in range(step):
                await asyncio.sleep(0)
            running.cancel()

            # Then it ends
            _, still = await asyncio.wait([running], timeout=2)
            if still:
                steps.append(step)
                running.cancel()
        return steps

    assert asyncio.run(unended()) == []


def test_a_connection_that_was_long_idle_takes_subscriptions(redis: Redis, redis_url: str) -> None:
    async def subscribe() -> None:
        # Given a subscription whose connection is due for a health check
        interval = 0.05
        subscriber = listener(redis_url, health_check_interval=interval)
        running = asyncio.create_task(subscriber.run())
        await until_up(subscriber)
        due = time.monotonic() + 2 * interval
        while time.monotonic() < due:
            await asyncio.sleep(interval)

        # When more is wanted
        await want(subscriber, "quote:AAPL")

        # Then it is subscribed to, on the same connection
        assert redis.publish("quote:AAPL", "{}") == 1
        assert subscriber.up
        running.cancel()
        await asyncio.wait([running])

    asyncio.run(subscribe())


def test_what_is_wanted_while_the_connection_is_lost_is_asked_of_the_next(redis: Redis, redis_url: str) -> None:
    async def lose_and_want() -> None:
        subscriber = listener(redis_url)
        running = asyncio.create_task(subscriber.run())
        channels = [f"quote:A{n}" for n in range(200)]
        for _ in range(5):
            await until_up(subscriber)

            # When many want more just as the connection is lost
            wanting = [asyncio.create_task(want(subscriber, *channels[:count])) for count in range(len(channels))]
            redis.client_kill_filter(_type="pubsub")

            # Then none of them waits in vain
            _, waiting = await asyncio.wait(wanting, timeout=SOON)
            assert not waiting

            # And what is wanted comes, over one connection
            await until_up(subscriber)
            await want(subscriber, *channels)
            async with asyncio.timeout(SOON):
                while any(count != 1 for _, count in redis.pubsub_numsub(*channels)):
                    await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait([running])

    asyncio.run(lose_and_want())
