"""The drills that end with a verdict, and the table of what they found."""

from collections.abc import Callable, Iterator, Mapping

from rich.markup import escape
from rich.table import Table

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
from tests.chaos.drills.kill import kill
from tests.chaos.drills.restart import restart
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
    "flood": flood,
    "autoscale": autoscale,
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


def table(results: Mapping[str, Verdict | Exception]) -> Table:
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
