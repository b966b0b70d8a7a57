"""The drills that end with a verdict, and the table of what they found."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.chaos.drills.alerts import alerts
from tests.chaos.drills.attack import attack
from tests.chaos.drills.autoscale import autoscale
from tests.chaos.drills.beatless import beatless
from tests.chaos.drills.beats import beats
from tests.chaos.drills.cut import cut
from tests.chaos.drills.down import down
from tests.chaos.drills.early import early
from tests.chaos.drills.flood import flood
from tests.chaos.drills.freeze import freeze
from tests.chaos.drills.full import full, full_shared
from tests.chaos.drills.history import history
from tests.chaos.drills.kill import kill
from tests.chaos.drills.notify import notify
from tests.chaos.drills.restart import restart
from tests.chaos.drills.screens import screens
from tests.chaos.drills.shard import shard_cut, shard_first, shard_full, shard_killed
from tests.chaos.drills.skew import skew
from tests.chaos.drills.stop import stop
from tests.chaos.isolation import run_isolated
from tests.chaos.verdict import Verdict

#: In the order in which ``make drills`` runs them.
DRILLS: Mapping[str, Callable[..., Verdict]] = {
    "kill": kill,
    "stop": stop,
    "down": down,
    "restart": restart,
    "cut": cut,
    "freeze": freeze,
    "full": full,
    "full-shared": full_shared,
    "shard-killed": shard_killed,
    "shard-first": shard_first,
    "shard-cut": shard_cut,
    "shard-full": shard_full,
    "flood": flood,
    "autoscale": autoscale,
    "screens": screens,
    "alerts": alerts,
    "history": history,
    "notify": notify,
    "beatless": beatless,
    "beats": beats,
    "skew": skew,
    "early": early,
    "attack": attack,
}


def run_all() -> Iterator[tuple[str, Verdict | Exception]]:
    """Run each drill at full scale: its name, and its verdict or what ended it early."""
    for name, drill in DRILLS.items():
        try:
            yield name, run_isolated(drill)
        except Exception as error:
            yield name, error


def report(ended: Iterable[tuple[str, Verdict | Exception]]) -> bool:
    """Print what each drill found as it ends, and the table of them. Returns whether all are sound."""
    results = {}
    for name, result in ended:
        results[name] = result
        print(f"{name}: {result if isinstance(result, Verdict) else repr(result)}", flush=True)
    console = Console()
    # Notes are sentences: on a narrow screen they would be a word a line.
    console.width = max(console.width, 160)
    console.print(_table(results))
    return all(isinstance(each, Verdict) and each.is_sound for each in results.values())


def _table(results: Mapping[str, Verdict | Exception]) -> Table:
    """All verdicts, a row each."""
    shown = Table("drill", "faults injected", title="Drills")
    for title in ("bars sent", "bars lost", "recovery, s"):
        shown.add_column(title, justify="right")
    shown.add_column("boards")
    shown.add_column("notes")
    for name, result in results.items():
        if isinstance(result, Verdict):
            reconciliation = result.reconciliation
            boards = "exact" if reconciliation.is_sound else str(reconciliation)
            figures = f"{result.bars:,}", f"{reconciliation.missing:,}", f"{result.recovery:.1f}"
            shown.add_row(name, result.faults, *figures, boards, escape(result.remarks))
        else:
            shown.add_row(name, "", "", "", "", "FAILED", escape(repr(result)))
    return shown
