"""Measures the latency from the call that sends a bar to its quote, by load."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import quantiles

from bench import listener
from bench.bars import sampled
from bench.child import Child
from bench.environment import Environment
from bench.errors import LostBarsError
from bench.lane import Lane
from bench.producer import Order, Sent
from bench.reconciliation import Reconciliation
from bench.report import Figures

#: Loads, as shares of the greatest sustained rate.
LOADS = (0.25, 0.5, 0.75)


def _percentiles() -> dict[str, Figures]:
    return {name: Figures(f"Latency from delay_many to the quote: {name}", "ms") for name in ("p50", "p99", "max")}


@dataclass
class Latency:
    """What came of it.

    Attributes:
        percentiles: of each round's latencies: p50, p99 and the maximum, each by load.
        rates: bars a second at each load.
        samples: the number of measured quotes, by load.
        reconciliation: what became of the bars.
    """

    reconciliation: Reconciliation
    rates: dict[str, float] = field(default_factory=dict)
    samples: dict[str, int] = field(default_factory=dict)
    percentiles: Mapping[str, Figures] = field(default_factory=_percentiles)

    def figures(self) -> list[Figures]:
        return list(self.percentiles.values())


def measure(environment: Environment, lane: Lane, greatest: float) -> Latency:
    """Let the loads take turns.

    Args:
        lane: whose workers work.
        greatest: bars a second that it can do.

    Raises:
        LostBarsError: a bar was lost, or a quote.
    """
    result = Latency(Reconciliation(lane, environment.redis))
    for _ in range(environment.scale.rounds):
        for share in LOADS:
            rate = greatest * share
            name = f"{share:.0%} load, {rate:,.0f} bars/s"
            latencies = _at_rate(environment, lane, result.reconciliation, rate)
            result.rates[name] = rate
            result.samples[name] = result.samples.get(name, 0) + len(latencies)
            cuts = quantiles(latencies, n=100, method="inclusive")
            for percentile, figure in (("p50", cuts[49]), ("p99", cuts[98]), ("max", max(latencies))):
                result.percentiles[percentile].add(name, figure * 1e3)
    return result


def _at_rate(environment: Environment, lane: Lane, reconciliation: Reconciliation, rate: float) -> list[float]:
    """Seconds from call to quote, of each bar of a sampled symbol."""
    bars = int(rate * environment.scale.latency)
    order = Order(lane.kind.way, environment.take(bars), bars, rate=rate)
    with (
        environment.producer(order, lane.url, fast=lane.kind.fast) as producer,
        Child("bench.listener", listener.Order(sorted(sampled()))) as ears,
    ):
        reconciliation.open()
        producer.go()
        sent = producer.result(Sent)
        lane.await_drained()
        reconciliation.close(order.first, sent.bars)
        environment.redis.publish(listener.END, b"")
        came = {(symbol, volume): at for symbol, volume, at in ears.result(listener.Heard).quotes}
    if missing := [stamp for stamp in sent.stamps if stamp[:2] not in came]:
        raise LostBarsError(f"{lane.kind.name}: {len(missing)} of {len(sent.stamps)} quotes did not come")
    return [came[symbol, volume] - at for symbol, volume, at in sent.stamps]
