"""Settings and the environment, judged."""

import re
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from tasks.doctor.checks import configured
from tasks.doctor.deployment import Deployment
from tasks.doctor.finding import Severity
from tests.support.findings import severities

LOCAL = {"redis_url": "redis://127.0.0.1/0", "celery_broker_url": "redis://localhost/1", "market_clock": "wall"}


def found(environment: dict[str, str] | None = None, **changes: Any) -> list[tuple[Severity, str]]:
    deployment = Deployment(Settings(**(LOCAL | changes)), environment or {})
    return [(each.severity, each.says) for each in configured.check(deployment)]


def test_defaults_fit_together() -> None:
    assert found({"PATH": "/bin", "OTEL_SERVICE_NAME": "x", "GATEWAY_PORT": "8000"}) == [
        (Severity.OK, "they fit together")
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"redis_url": "redis://boards.example/0"}, "REDIS_URL names redis://boards.example/0 without a password"),
        ({"celery_broker_url": "redis://10.0.0.9/1"}, "CELERY_BROKER_URL names"),
        ({"redis_url": "rediss://u:secret@b.example/0?ssl_cert_reqs=none"}, "ssl_cert_reqs=none"),
        ({"visibility_timeout": 10}, "delivered twice"),
        ({"visibility_timeout": 3_600}, "bars of a killed worker"),
        ({"prefetch_multiplier": 10}, "less than a batch"),
        ({"prefetch_multiplier": 5_000, "fast_lane": False}, "one worker takes"),
        ({"log_level": "DEBUG"}, "LOG_LEVEL is DEBUG"),
        ({"market_clock": "events", "massive_api_key": "k"}, "MARKET_CLOCK is events"),
        ({"board_retain": 500}, "BOARD_RETAIN is 500"),
        ({"symbols_bound": 500}, "SYMBOLS_BOUND is 500"),
    ],
)
def test_what_is_risky_is_a_warning(changes: dict[str, Any], words: str) -> None:
    ((severity, says),) = found(**changes)
    assert (severity, words in says, "secret" in says) == (Severity.WARNING, True, False)


@pytest.mark.parametrize(
    ("environment", "severity", "words"),
    [
        ({"GATEWAY_ADDRESS": "0.0.0.0"}, Severity.WRONG, "no GATEWAY_API_KEY"),
        ({"FLOWER_ADDRESS": "0.0.0.0"}, Severity.WRONG, "no FLOWER_BASIC_AUTH"),
        ({"FLOWER_BASIC_AUTH": "me:"}, Severity.WRONG, "without a user or a password"),
        ({"REDIS_ULR": "redis://x"}, Severity.WARNING, "REDIS_ULR is set, and is no setting"),
    ],
)
def test_what_the_environment_tells(environment: dict[str, str], severity: Severity, words: str) -> None:
    ((judged, says),) = found(environment)
    assert (judged, words in says) == (severity, True)


def test_what_listens_with_a_login_is_fine() -> None:
    environment = {"GATEWAY_ADDRESS": "0.0.0.0", "FLOWER_ADDRESS": "0.0.0.0", "FLOWER_BASIC_AUTH": "me:word"}
    assert found(environment, gateway_api_key="k" * 16) == [(Severity.OK, "they fit together")]
    assert found({"FLOWER_ADDRESS": "0.0.0.0", "FLOWER_AUTH": ".*@firm"}) == [(Severity.OK, "they fit together")]


def test_no_variable_of_the_procfiles_is_taken_for_a_misspelt_setting() -> None:
    text = "".join(Path(file).read_text() for file in ("Procfile", "Procfile.dev", "docker-compose.yml"))
    names = {*re.findall(r"[A-Z_]{4,}", text)}
    assert severities(configured.judge_names(names)) == []
