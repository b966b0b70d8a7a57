"""The gateway, asked for its health."""

import json
from collections.abc import Iterable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from config import local_run
from tasks.doctor.deployment import Deployment
from tasks.doctor.finding import Finding, Page, ok, unknown, wrong

#: Seconds to wait for its answer, and bytes of it that are read.
TIMEOUT = 3.0
_MOST = 100_000
_PORT = 8000


def check(deployment: Deployment) -> Iterable[Finding]:
    """Ask the gateway that was named, or the one of this machine."""
    url = deployment.gateway
    if url is None and (port := local_run.gateway_port(deployment.environment)):
        url = f"http://127.0.0.1:{port}"
    is_named = url is not None
    url = url or f"http://127.0.0.1:{_PORT}"
    try:
        answer = _ask(f"{url.rstrip('/')}/healthz")
    except OSError as error:
        return [judge_silence(url, error, named=is_named)]
    except (HTTPException, ValueError):
        # No HTTP, or no JSON.
        answer = None
    return [judge(url, answer, named=is_named)]


def _ask(url: str) -> Any:
    # Past any proxy that the environment names.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT) as response:
            return json.loads(response.read(_MOST))
    except HTTPError as error:
        # 503 if anything is not well.
        with error:
            return json.loads(error.read(_MOST))


def judge_silence(url: str, error: Exception, *, named: bool) -> Finding:
    """What it means that no health came.

    Args:
        url: of the gateway.
        error: why.
        named: whether somebody named this gateway.
    """
    why = error.reason if isinstance(error, URLError) else error
    if not named:
        return unknown(f"none answers at {url}", _NAME)
    return wrong(f"{url} does not answer: {why}", "Start it: python -m watch serve.", Page.HEALTH)


_NAME = "Name it: --gateway http://HOST:8000."


def judge(url: str, answer: Any, *, named: bool) -> Finding:
    """Judge what ``/healthz`` answered.

    Args:
        url: of the gateway.
        answer: its JSON, decoded; None if it was none.
        named: whether somebody named this gateway. At its usual port any program may listen.
    """
    parts = answer.get("parts") if isinstance(answer, dict) else None
    if not isinstance(parts, dict) or not all(isinstance(part, dict) for part in parts.values()):
        return (wrong if named else unknown)(f"{url} answers, and is no gateway", _NAME)
    bad = [_said(name, part) for name, part in parts.items() if not part.get("ok")]
    if bad:
        return wrong(
            f"{url}/healthz: not well are {', '.join(bad)}",
            "The runbook's table tells what each part means.",
            Page.HEALTH,
        )
    return ok(f"{url} is well in all {len(parts)} parts")


def _said(name: str, part: Mapping[str, Any]) -> str:
    return f"{name} ({str(part['why'])[:200]})" if part.get("why") else name
