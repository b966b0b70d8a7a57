"""Random bars and reference data, close to the borders of sessions and days, for property tests."""

import random
from datetime import date
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from leaderboard.reference import NOTHING_KNOWN, PreviousDay, Profile, Reference
from leaderboard.system import System
from tests.support.market import TODAY, at

F = TypeVar("F", PreviousDay, Profile)


property_test = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


# Instants close to the borders of the sessions, of the day and of the day before, and a few anywhere.
BORDERS = [
    at("03:59:58", date(2026, 11, 19)),
    at("09:29:58", date(2026, 11, 19)),
    at("19:59:58", date(2026, 11, 19)),
    at("03:59:58"),
    at("09:29:58"),
    at("15:59:58"),
]


instants = st.builds(lambda border, offset: border + offset * 1000, st.sampled_from(BORDERS), st.integers(0, 4))


prices = st.one_of(
    st.sampled_from([0.0, 0.0001, 1.0, 9.99, 10.01, 500000.0, 5e-324, 1.7976931348623157e308]),
    st.floats(0.01, 1000, allow_nan=False),
    st.floats(0, allow_nan=False, allow_infinity=False),
)


volumes = st.one_of(st.integers(0, 10**9), st.floats(0, 1e12, allow_nan=False))


def bars(symbols: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda symbol, start, length, c, o, a, v, av, op: {
            "sym": symbol,
            "s": start,
            "e": start + length,
            "c": c,
            "o": o,
            "h": c,
            "l": o or 0,
            "vw": c,
            "a": a,
            "v": v,
            "av": av,
            "op": op,
        },
        symbols,
        instants,
        st.sampled_from([0, 1000, 60_000]),
        prices,
        st.one_of(st.none(), prices),
        st.one_of(st.none(), prices),
        volumes,
        volumes,
        st.one_of(st.none(), prices),
    )


figures = st.one_of(st.none(), prices)


references = st.builds(
    lambda previous, profile: Reference(PreviousDay(*previous), Profile(*profile)),
    st.tuples(*[figures] * 6),
    st.tuples(figures, figures),
)


def columns(reference: Reference) -> dict[str, float | None]:
    """The figures as columns of a reference file."""
    previous = {f"prev_day_{name}": getattr(reference.previous, name) for name in PreviousDay.__struct_fields__}
    return previous | {name: getattr(reference.profile, name) for name in Profile.__struct_fields__}


def learn(systems: list[System], known: dict[str, Reference], rng: random.Random) -> None:
    for day in (date(2026, 11, 18), date(2026, 11, 19), TODAY):
        rng.choice(systems).reference.learn(day, known)


def later(first: Reference | None, second: Reference | None) -> Reference:
    """The figures after both were learned: an unknown figure never replaces a known one."""
    first, second = first or NOTHING_KNOWN, second or NOTHING_KNOWN
    return Reference(completed(second.previous, first.previous), completed(second.profile, first.profile))


def completed(figures: F, earlier: F) -> F:
    """The figures, with those of `earlier` where they are unknown."""
    known = {name: figure for name, figure in asdict(figures).items() if figure is not None}
    return replace(earlier, **known)


def applied_by(systems: list[System], deliveries: list[dict[str, Any]], rng: random.Random) -> None:
    """Process the deliveries in batches of random sizes, by random systems."""
    at = 0
    while at < len(deliveries):
        size = rng.choice([1, 2, 7, 50, 600])
        rng.choice(systems).process(deliveries[at : at + size])
        at += size


def market(rng: random.Random, symbols: int, events: int) -> list[dict[str, Any]]:
    """Random bars whose accumulated volume never falls within a symbol's day."""
    made = []
    for _ in range(events):
        start = rng.choice(BORDERS) + rng.randrange(5) * 1000
        price = round(rng.uniform(0.5, 300), 4)
        made.append(
            {
                "sym": f"S{rng.randrange(symbols)}",
                "s": start,
                "e": start + 1000,
                "c": price,
                "o": round(price * rng.uniform(0.9, 1.1), 4),
                "a": round(price * rng.uniform(0.9, 1.1), 4),
                "v": rng.randrange(1000),
                "av": (start - BORDERS[0]) // 100 + rng.choice([0, 0.5, 0.25])
                if rng.random() < 0.5
                else (start - BORDERS[0]) // 100,
            }
        )
    return made
