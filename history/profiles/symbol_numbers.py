"""Numbers of symbols, which index arrays."""

from config.settings import settings
from history.database import Database
from history.errors import HistoryError


class SymbolNumbers:
    """Numbers the symbols of relations from 0, in the table ``symbols`` (symbol, number).

    Args:
        database: where the relations are. Objects of the same database share the numbers.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.execute("CREATE TABLE IF NOT EXISTS symbols (symbol VARCHAR, number BIGINT)")

    def add(self, relation: str) -> None:
        """Number the symbols of a relation that have no number yet.

        Args:
            relation: it has a column ``symbol``.

        Raises:
            HistoryError: there are too many symbols.
        """
        self._database.execute(f"""
            INSERT INTO symbols
            SELECT symbol, (SELECT count(*) FROM symbols) + row_number() OVER () - 1
            FROM (SELECT DISTINCT symbol FROM {relation} ANTI JOIN symbols USING (symbol))
        """)
        ((symbols,),) = self._database.rows("SELECT count(*) FROM symbols")
        if symbols > (bound := settings().symbols_bound):
            raise HistoryError(f"The bars have {symbols:,} symbols, more than SYMBOLS_BOUND ({bound:,}).")

    def symbols(self) -> list[str]:
        """The symbols by their number."""
        return [symbol for (symbol,) in self._database.rows("SELECT symbol FROM symbols ORDER BY number")]
