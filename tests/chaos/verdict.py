"""What a drill found."""

from dataclasses import dataclass

from tests.chaos.harness import Reconciliation


@dataclass(frozen=True)
class Verdict:
    """How a drill ended.

    Attributes:
        faults: what was broken and how often, such as "10 SIGKILLs".
        bars: sent in all, each counted once.
        reconciliation: how that compares with the oracle.
        recovery: seconds from the end of the last fault, or from the last bar where that was sent later, until
            every bar was applied.
        notes: what else was measured.
        broken: other promises of the drill that were not kept.
    """

    faults: str
    bars: int
    reconciliation: Reconciliation
    recovery: float
    notes: str = ""
    broken: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing was lost and every promise kept."""
        return self.reconciliation.is_sound and not self.broken

    @property
    def remarks(self) -> str:
        """The notes, and what was broken."""
        return "; ".join(filter(None, (self.notes, *map("BROKEN: {}".format, self.broken))))

    def __str__(self) -> str:
        outcome = f"{self.faults}: {self.bars:,} bars, recovered in {self.recovery:.1f} s; {self.reconciliation}"
        return "; ".join(filter(None, (outcome, self.remarks)))
