"""The workers and beats, asked themselves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.celery import AGGS, CLOCK, REFERENCE
from config.code_version import code_version
from leaderboard.clock import NOTABLE
from tasks.doctor.deployment import Deployment
from tasks.doctor.finding import Finding, Page, ok, unknown, warning, wrong
from tasks.worker_answer import shared_settings

#: Seconds to wait for answers. A worker answers between two batches.
TIMEOUT = 3.0

_Name = Annotated[str, Field(max_length=255)]
# How beat calls itself.
_BEAT = "celerybeat@"


class About(BaseModel):
    """A worker's answer, of :func:`tasks.worker_answer.about`."""

    model_config = ConfigDict(strict=True)

    queues: list[_Name]
    code: _Name
    skew: float | None
    settings: dict[_Name, _Name]
    has_source: bool


def check_workers(deployment: Deployment) -> Iterable[Finding]:
    """Ask all workers about themselves."""
    workers, others = read_answers(_ask(deployment, "about"))
    yield from judge_queues(workers, others)
    yield from judge_code({name: worker.code for name, worker in workers.items()}, code_version())
    yield from judge_settings(workers, shared_settings(deployment.settings))
    yield from judge_clocks({name: worker.skew for name, worker in workers.items() if worker.skew is not None})


def check_beats(deployment: Deployment) -> Iterable[Finding]:
    """Ask all beats for a sign of life. One whose schedule stands still does not answer."""
    names = [name for answer in _ask(deployment, "ping") if isinstance(answer, dict) for name in answer]
    return [judge_beats([name for name in names if isinstance(name, str) and name.startswith(_BEAT)])]


def _ask(deployment: Deployment, question: str) -> list[Any]:
    app = deployment.app
    with app.connection_for_read() as connection:
        return app.control.broadcast(question, reply=True, timeout=TIMEOUT, connection=connection) or []


def read_answers(answers: Sequence[Any]) -> tuple[dict[str, About], list[str]]:
    """The workers by name, and the names of those whose answer this release cannot read.

    Args:
        answers: to ``about``; an exception stands for an answer that could not be decoded.
    """
    workers: dict[str, About] = {}
    others: list[str] = []
    for answer in answers:
        if not isinstance(answer, dict):
            others.append("one without a name")
            continue
        for name, about in answer.items():
            try:
                workers[str(name)[:255]] = About.model_validate(about)
            except ValidationError:
                others.append(str(name)[:255])
    return workers, others


# --- judgements


def judge_queues(workers: Mapping[str, About], others: Sequence[str]) -> Iterator[Finding]:
    """Whether each queue has a worker.

    Args:
        workers: those that answered, by name.
        others: names of those whose answer cannot be read.
    """
    for queue, (command, loss, page) in _CONSUMERS.items():
        if names := sorted(name for name, worker in workers.items() if queue in worker.queues):
            yield ok(f"{queue}: {len(names)} ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})")
        elif others:
            yield unknown(f"{queue}: whether any of {', '.join(others[:5])} takes from it")
        else:
            yield wrong(
                f"no worker of {queue} answers within {TIMEOUT:.0f} s: {loss}",
                f"Start one: {command}. If one runs, it hangs: see its log, and restart it.",
                page,
            )
    if others:
        yield warning(
            f"{len(others)} workers do not tell about themselves, as those of an older release: "
            f"{', '.join(others[:5])}",
            "Restart them with this release.",
            Page.DEPLOY,
        )
    sources = [worker.has_source for worker in workers.values() if REFERENCE in worker.queues]
    if any(sources) and not all(sources):
        yield warning(
            "some workers of reference data have a source, and others have none",
            "Set REFERENCE_FILE or MASSIVE_API_KEY for each of them.",
            Page.REFERENCE,
        )


_CLOCK_WORKER = "celery -A tasks worker -Q clock,reference"
_CONSUMERS: Mapping[str, tuple[str, str, Page]] = {
    AGGS: ("celery -A tasks worker -Q aggs", "bars wait", Page.WORKERS_GONE),
    CLOCK: (_CLOCK_WORKER, "boards stand still", Page.CLOCK_STOPPED),
    REFERENCE: (_CLOCK_WORKER, "reference data is not fetched", Page.REFERENCE),
}


def judge_code(codes: Mapping[str, str], own: str) -> Iterator[Finding]:
    """Whether all workers run the same code, and the one that this command has.

    Args:
        codes: by worker.
        own: this process's.
    """
    different = {*codes.values()}
    if len(different) > 1:
        groups = "; ".join(
            f"{code}: {', '.join(sorted(name for name, each in codes.items() if each == code)[:5])}"
            for code in sorted(different)
        )
        yield warning(
            f"workers run different code: {groups}. This command's is {own}",
            "Restart those of the older release. Both work side by side for the time of an upgrade.",
            Page.DEPLOY,
        )
    elif different and different != {own}:
        yield warning(
            f"all workers run the code {different.pop()}, and this command is of {own}",
            "Run it from the release that the workers run; or restart them, if they are of an older one.",
            Page.DEPLOY,
        )
    elif different:
        yield ok(f"all run the same code, {own}")


def judge_settings(workers: Mapping[str, About], own: Mapping[str, str]) -> Iterator[Finding]:
    """Whether settings that all processes share are the same everywhere.

    Args:
        workers: by name.
        own: this process's, by variable.
    """
    differing = []
    for variable, value in own.items():
        by_value: dict[str, list[str]] = {value: ["this command"]}
        for name, worker in workers.items():
            by_value.setdefault(worker.settings.get(variable, value), []).append(name)
        if len(by_value) > 1:
            said = ", ".join(f"{each or 'unset'} ({', '.join(names[:3])})" for each, names in by_value.items())
            differing.append(f"{variable} is {said}")
    if differing:
        yield wrong(
            f"processes disagree: {'; '.join(differing)}",
            "Give every process the same value, and restart those that have another.",
            Page.SETTINGS,
        )


def judge_clocks(skews: Mapping[str, float]) -> Iterator[Finding]:
    """Judge seconds by which workers' machines are ahead of the boards' Redis."""
    if off := {name: skew for name, skew in skews.items() if abs(skew) >= NOTABLE}:
        yield warning(
            "clocks differ from that of the boards' Redis: "
            + ", ".join(f"{name} by {skew:+.1f} s" for name, skew in sorted(off.items())[:5]),
            "Mend the clock that is wrong (NTP). Workers follow Redis meanwhile; their logs have other times.",
            Page.HIGH_AVAILABILITY,
        )


def judge_beats(names: Sequence[str]) -> Finding:
    """Judge which beats answered."""
    if names:
        return ok(f"{', '.join(sorted(names)[:5])} {'answers' if len(names) == 1 else 'answer'}")
    return wrong(
        f"no beat answers within {TIMEOUT:.0f} s: nothing is published, and nothing is reset on time",
        "Start one, better two on two machines: celery -A tasks beat.",
        Page.CLOCK_STOPPED,
    )
