"""Runs checks side by side, each within a bounded time, whatever becomes of the others."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from redis.exceptions import NoPermissionError

from tasks.doctor.deployment import Deployment, Server
from tasks.doctor.finding import Finding, Page, Severity, unknown

#: Seconds for all servers to answer, and then for all other checks.
REACH_TIMEOUT = 3.5
CHECKS_TIMEOUT = 5.5


def _given_up(_: Deployment, seconds: float) -> Finding:
    return unknown(f"it took more than {seconds:.1f} s, and was given up", "Run the command again.")


@dataclass(frozen=True)
class Check:
    """Something to look at.

    Attributes:
        name: what it looks at.
        run: looks, and returns what it found.
        needs: the servers without which it cannot look.
        late: what it means that `run` was not done in so many seconds.
    """

    name: str
    run: Callable[[Deployment], Iterable[Finding]]
    needs: Callable[[Deployment], Sequence[Server]] = lambda _: ()
    late: Callable[[Deployment, float], Finding] = _given_up


@dataclass(frozen=True)
class Result:
    """A finding, and the name of its check."""

    check: str
    finding: Finding


def examine(deployment: Deployment, reach: Sequence[Check], checks: Sequence[Check]) -> list[Result]:
    """Run all checks.

    Args:
        deployment: what they look at.
        reach: tell whether a server answers; the server is what the check needs.
        checks: run afterwards, if the servers answered that they need.

    Returns:
        The findings, the worst first.
    """
    reached = run_together(deployment, reach, REACH_TIMEOUT)
    bad = {result.check for result in reached if result.finding.severity is not Severity.OK}
    silent = {server.name for check in reach if check.name in bad for server in check.needs(deployment)}
    runnable = [check for check in checks if not _lacking(check, deployment, silent)]
    results = [
        *reached,
        *run_together(deployment, runnable, CHECKS_TIMEOUT),
        *_skipped(deployment, checks, silent),
    ]
    return sorted(results, key=lambda result: -result.finding.severity)


def run_together(deployment: Deployment, checks: Sequence[Check], seconds: float) -> list[Result]:
    """Run checks, each in a thread of its own; their findings in the order of the checks.

    A check that fails, or is not done in `seconds`, is a finding itself. Its thread may wait for an answer that
    never comes: it is left behind, and ends with the process.
    """
    done: queue.SimpleQueue[tuple[int, list[Finding]]] = queue.SimpleQueue()
    for number, check in enumerate(checks):
        # Not an executor's thread: at its end a process waits for those.
        threading.Thread(
            target=lambda number=number, check=check: done.put((number, _findings(check, deployment))), daemon=True
        ).start()
    found: dict[int, list[Finding]] = {}
    deadline = time.monotonic() + seconds
    while len(found) < len(checks):
        try:
            number, findings = done.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        found[number] = findings
    for number, check in enumerate(checks):
        if number not in found:
            found[number] = [check.late(deployment, seconds)]
    return [Result(check.name, finding) for number, check in enumerate(checks) for finding in found[number]]


def _findings(check: Check, deployment: Deployment) -> list[Finding]:
    try:
        return list(check.run(deployment))
    except NoPermissionError as error:
        return [unknown(f"this process's Redis user may not ask for it: {error}", see=Page.USERS)]
    except (Exception, SystemExit) as error:
        # Also an error of ours: the other checks still count.
        return [unknown(f"it could not be looked at: {type(error).__name__}: {error}")]


def _lacking(check: Check, deployment: Deployment, silent: set[str]) -> list[Server]:
    return [server for server in check.needs(deployment) if server.name in silent]


def _skipped(deployment: Deployment, checks: Sequence[Check], silent: set[str]) -> list[Result]:
    """A finding for each silent server, with all the checks that needed it."""
    names: dict[str, list[str]] = {}
    for check in checks:
        for server in _lacking(check, deployment, silent)[:1]:
            names.setdefault(server.name, []).append(check.name)
    return [
        Result("not looked at", unknown(f"{', '.join(skipped)}: {server} does not answer"))
        for server, skipped in names.items()
    ]
