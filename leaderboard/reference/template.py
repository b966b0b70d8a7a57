"""What reference data makes of a symbol's rows, worked out once for many events."""

from collections.abc import Sequence
from hashlib import blake2b
from operator import attrgetter, itemgetter

from leaderboard import keys
from leaderboard.doubles import texts
from leaderboard.fields import CHANGING, FIELDS, NAMES, Source
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
        stand_ins: ``1`` where the event stands in for an unknown figure, ``2`` where nothing at all is known of
            the symbol; else empty.
    """

    __slots__ = ("_json", "_pick", "digest", "quote_key", "reference", "row_key", "stand_ins")

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
        self.digest = digest.hexdigest()
        nothing = reference == NOTHING_KNOWN
        self.stand_ins = "2" if nothing else "1" if len(known) < len(_FIGURES) else ""
        # The row's JSON with a place for each text that comes with an event, and which texts go there. No symbol
        # and no number holds a quotation mark or a percent sign.
        known["symbol"] = f'"{symbol}"'
        pairs = (f'"{name}":{known.get(name, "%s")}' for name in NAMES)
        self._json = f"{{{','.join(pairs)}}}"
        places = (field for field in FIELDS if field.name not in known)
        self._pick = itemgetter(*(_AT[field.stand_in or field.name] for field in places))

    @property
    def is_complete(self) -> bool:
        """Whether the figures that changes and relative volume are measured against are known."""
        return bool(self.reference.previous.close and self.reference.profile.avg_volume)

    def quote(self, changing: Sequence[str]) -> str:
        """The row as JSON.

        Args:
            changing: the texts of :data:`leaderboard.fields.CHANGING`.
        """
        json: str = self._json % self._pick(changing)
        return json
