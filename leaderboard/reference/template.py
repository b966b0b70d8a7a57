"""What reference data makes of a symbol's rows, worked out once for many events."""

from collections.abc import Sequence
from hashlib import blake2b
from operator import attrgetter

from leaderboard import keys
from leaderboard.doubles import texts
from leaderboard.fields import CHANGING, CONSTANT_RUNS, FIELDS, NAMES, STOOD_IN_FOR, Source
from leaderboard.reference.figures import NOTHING_KNOWN, Reference
from leaderboard.scripts.packing import pack

#: Characters of :attr:`RowTemplate.digest`.
DIGEST_LENGTH = 16

# Begins each digest, so that rows of a release with other fields are written anew.
_LAYOUT = blake2b(",".join(NAMES).encode(), digest_size=DIGEST_LENGTH // 2)

_FIGURES = [field for field in FIELDS if field.source is Source.REFERENCE]
_figures = attrgetter(*(field.figure for field in _FIGURES))
_AT = {field.name: at for at, field in enumerate(CHANGING)}


class RowTemplate:
    """The part of a symbol's rows that its reference data decides.

    Attributes:
        reference: the figures themselves.
        row_key: where the symbol's row is stored.
        quote_key: where its quote is stored.
        digest: of the reference data and of which fields a row has. Rows of the same digest agree in all fields
            that only reference data decides.
        stand_ins: which unknown figures the event stands in for: the sum of 1, 2, 4, ... for those of
            :data:`leaderboard.fields.STOOD_IN_FOR`, as a decimal text; empty where there are none, ``0`` where
            nothing at all is known of the symbol.
    """

    __slots__ = (
        "_gaps",
        "_runs",
        "digest",
        "quote_key",
        "reference",
        "row_key",
        "stand_ins",
    )

    def __init__(self, symbol: str, reference: Reference) -> None:
        self.reference = reference
        self.row_key, self.quote_key = keys.row(symbol), keys.quote(symbol)
        decided = {
            field.name: figure or 0.0
            for field, figure in zip(_FIGURES, _figures(reference), strict=True)
            if figure is not None or not field.stand_in
        }
        known = dict(zip(decided, texts([*decided.values()]), strict=True))
        digest = _LAYOUT.copy()
        digest.update(pack(known))
        digest.update(reference.volume_profile.means)
        self.digest = digest.hexdigest()
        unknown = sum(1 << at for at, field in enumerate(STOOD_IN_FOR) if field.name not in known)
        self.stand_ins = "0" if reference == NOTHING_KNOWN else str(unknown or "")
        # For each run of fields its JSON, with a gap for each text that comes with an event, and which texts go
        # there. No number holds a percent sign.
        self._runs = tuple(
            ",".join(f'"{field.name}":{known.get(field.name, "%s")}' for field in run) for run in CONSTANT_RUNS
        )
        self._gaps = [[_AT[field.stand_in] for field in run if field.name not in known] for run in CONSTANT_RUNS]

    @property
    def is_complete(self) -> bool:
        """Whether the figures that changes and relative volume are measured against are known."""
        return bool(self.reference.previous.close and self.reference.profile.avg_volume)

    def constant_runs(self, changing: Sequence[str]) -> tuple[str, ...]:
        """JSON of the fields that events do not change: of each of :data:`leaderboard.fields.CONSTANT_RUNS`.

        Args:
            changing: the texts of :data:`leaderboard.fields.CHANGING`, which stand in for unknown figures.
        """
        if not self.stand_ins:
            return self._runs
        return tuple(
            run % tuple(changing[at] for at in gaps) for run, gaps in zip(self._runs, self._gaps, strict=True)
        )
