"""Settings that contradict each other, are risky, or are misspelt."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import chain

from config.loopback import is_loopback
from config.redis_urls import certificate_check_disabled_by
from config.settings import Settings
from tasks.doctor.deployment import Deployment, Server
from tasks.doctor.finding import Finding, Page, ok, warning, wrong
from tasks.flower.login_check import are_complete
from tasks.supervision.watchdog import STOPS

#: Seconds for which a lost worker's bars may wait.
LONG_WAIT = 600
#: Messages of a batch: with fewer prefetched, the fast lane is slow.
BATCH = 500
#: Messages that a worker of stock Celery may take at most, as a killed one's wait for VISIBILITY_TIMEOUT.
MOST_PREFETCHED = 1_000
#: Symbols of the market, about.
MARKET = 11_000

_SIMILAR = 0.86
#: Variables that other programs read, and that are spelt like a setting.
_OTHERS = {"FLOWER_ADDRESS", "FLOWER_PORT", "GATEWAY_ADDRESS", "GATEWAY_PORT", "REFERENCE_FOLDER"}


def check(deployment: Deployment) -> Iterable[Finding]:
    """Judge settings and environment. Wrong values end every command before it comes to this."""
    settings, environment = deployment.settings, deployment.environment
    found = list(
        chain(
            *(judge_server(server) for server in (deployment.boards, deployment.queues)),
            judge_listeners(settings, environment),
            judge_workers(settings),
            judge_market(settings),
            judge_names(environment),
        )
    )
    return found or [ok("they fit together")]


def judge_server(server: Server) -> Iterator[Finding]:
    """Judge how a server is reached."""
    if not server.is_local and not server.has_password:
        yield warning(
            f"{server.variable} names {server.shown} without a password: whoever reaches it can change everything",
            "Give Redis users, or at least a password, unless only these processes can reach it.",
            Page.USERS,
        )
    if option := certificate_check_disabled_by(server.url):
        yield warning(
            f"{server.variable} has {option}: the server's certificate is not checked",
            "Name the authority instead: ssl_ca_certs=FILE.",
            Page.USERS,
        )


def judge_listeners(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Judge what listens beyond this machine, as far as the environment tells."""
    gateway = environment.get("GATEWAY_ADDRESS", "")
    if gateway and not is_loopback(gateway) and settings.gateway_api_key is None:
        yield wrong(
            f"GATEWAY_ADDRESS is {gateway}, and there is no GATEWAY_API_KEY: the gateway does not start",
            "Set GATEWAY_API_KEY to what openssl rand -hex 24 prints.",
            Page.LISTENERS,
        )
    if environment.get("FLOWER_AUTH"):
        # Flower checks OAuth whatever its basic logins are.
        return
    logins = environment.get("FLOWER_BASIC_AUTH", "")
    if logins and not are_complete(logins.split(",")):
        yield wrong(
            "FLOWER_BASIC_AUTH has a login without a user or a password, and lets anybody in",
            "Set it to user:password; a comma separates two logins.",
            Page.LISTENERS,
        )
    flower = environment.get("FLOWER_ADDRESS", "")
    if flower and not is_loopback(flower) and not logins:
        yield wrong(
            f"FLOWER_ADDRESS is {flower}, and there is no FLOWER_BASIC_AUTH: Flower does not start",
            "Set FLOWER_BASIC_AUTH to user:password.",
            Page.LISTENERS,
        )


def judge_workers(settings: Settings) -> Iterator[Finding]:
    """Judge what makes workers slow, or lets bars wait."""
    timeout, prefetch = settings.visibility_timeout, settings.prefetch_multiplier
    if timeout < STOPS:
        yield warning(
            f"VISIBILITY_TIMEOUT is {timeout} s, and a worker that is stopped may take {STOPS:.0f} s to finish: "
            "its messages are delivered twice",
            f"Set it to {_default('visibility_timeout')}, the default.",
            Page.SETTINGS,
        )
    if timeout > LONG_WAIT:
        yield warning(
            f"VISIBILITY_TIMEOUT is {timeout} s: so long do the bars of a killed worker wait",
            f"Set it to {_default('visibility_timeout')}, the default.",
            Page.SETTINGS,
        )
    if prefetch is not None and settings.fast_lane and prefetch < BATCH:
        yield warning(
            f"PREFETCH_MULTIPLIER is {prefetch}, less than a batch of the fast lane, {BATCH}: workers are slow",
            "Leave it unset.",
            Page.SETTINGS,
        )
    if prefetch is not None and not settings.fast_lane and prefetch > MOST_PREFETCHED:
        yield warning(
            f"PREFETCH_MULTIPLIER is {prefetch:,} without the fast lane: one worker takes what others could do",
            "Leave it unset.",
            Page.SETTINGS,
        )
    if settings.log_level == "DEBUG":
        yield warning("LOG_LEVEL is DEBUG: logs grow with each bar", "Set it to INFO.", Page.SETTINGS)


def judge_market(settings: Settings) -> Iterator[Finding]:
    """Judge what decides which bars are on the boards."""
    if settings.market_clock == "events" and settings.massive_api_key:
        yield warning(
            "MARKET_CLOCK is events with a key for the live market: nothing is reset on time, and one bar with a "
            "corrupt time clears the boards",
            "Set MARKET_CLOCK=wall, unless this is for replays or the delayed feed.",
            Page.SETTINGS,
        )
    if settings.board_retain < MARKET:
        yield warning(
            f"BOARD_RETAIN is {settings.board_retain:,}, less than the market's {MARKET:,} symbols: one that "
            "falls off and rises again is missed until its next bar",
            f"Leave it at {_default('board_retain')}, the default.",
            Page.SETTINGS,
        )
    if settings.symbols_bound < MARKET:
        yield warning(
            f"SYMBOLS_BOUND is {settings.symbols_bound:,}, less than the market's {MARKET:,} symbols: bars of the "
            "others become dead letters",
            f"Leave it at {_default('symbols_bound')}, the default.",
            Page.SETTINGS,
        )


def _default(setting: str) -> str:
    return f"{Settings.model_fields[setting].default:,}"


def judge_names(environment: Iterable[str]) -> Iterator[Finding]:
    """A finding for each variable that is spelt nearly like a setting."""
    known = [name.upper() for name in Settings.model_fields]
    for name in sorted({*environment} - {*known} - _OTHERS):
        if meant := get_close_matches(name, known, 1, _SIMILAR):
            yield warning(
                f"{name} is set, and is no setting", f"If {meant[0]} is meant, correct its name.", Page.SETTINGS
            )
