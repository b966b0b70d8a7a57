"""DuckDB with bounds on its memory and its disk."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from history.errors import HistoryError

#: Of DuckDB alone. The rest of the process takes a few hundred MB.
MEMORY = "1GB"
#: What does not fit into the memory goes to the temporary folder, up to this.
DISK = "50GB"
#: More threads need more memory: each has buffers for the files that it reads.
THREADS = 4


def connect(
    memory: str, *, threads: int = 1, temporary: Path | None = None, disk: str | None = None
) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory. Rows may come in any order, unless a query sorts them.

    Args:
        memory: that it may use at most, as ``100MB``.
        threads: that it uses.
        temporary: folder for what does not fit into the memory; None: nothing may be written there.
        disk: that it may use there at most; None: nearly all that is free.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": memory,
        "temp_directory": str(temporary or ""),
        # In order, rows would wait for each other in memory.
        "preserve_insertion_order": False,
        # No query needs an extension, and none is fetched from the net.
        "autoinstall_known_extensions": False,
    }
    if disk:
        config["max_temp_directory_size"] = disk
    return duckdb.connect(config=config)


class Database:
    """A database of the process's own, in memory and, beyond :data:`MEMORY`, in a temporary folder.

    Args:
        folder: the temporary folder. What is in it may be named in queries: unlike a user's file, it has no
            wildcards in its name.

    Every method raises :class:`HistoryError` if the query fails for lack of memory or disk, and
    :class:`duckdb.Error` if it fails for another reason.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        threads = min(THREADS, os.cpu_count() or 1)
        self._connection = connect(MEMORY, threads=threads, temporary=folder / "spilled", disk=DISK)

    def execute(self, query: str, /) -> None:
        """Run a query that has no answer."""
        self._execute(query)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a short answer."""
        return self._execute(query).fetchall()

    def arrays(self, query: str) -> Sequence[npt.NDArray[Any]]:
        """The columns of an answer, each an array."""
        columns = self._execute(query).fetchnumpy()
        return [np.asarray(column) for column in columns.values()]

    def close(self) -> None:
        self._connection.close()

    def _execute(self, query: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(query)
        except duckdb.OutOfMemoryException as error:
            text = str(error).partition("\n")[0]
            raise HistoryError(f"There is not enough memory, or room in {self.folder.parent}: {text}.") from error
        except RuntimeError as error:
            # DuckDB reports Ctrl-C as this error, and drops Python's own exception.
            if str(error) != "Query interrupted":
                raise
            raise KeyboardInterrupt from error


@contextmanager
def database() -> Iterator[Database]:
    """A database whose folder is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="leaderboards-") as folder:
        opened = Database(Path(folder))
        try:
            yield opened
        finally:
            opened.close()
