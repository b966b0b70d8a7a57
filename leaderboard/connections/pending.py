"""Work that has been started and whose result is asked for later."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Pending(Generic[T]):
    """Work in flight: the caller prepares the next batch, then calls :meth:`result`, once.

    Attributes:
        wait: waits for the work and returns its result.
    """

    wait: Callable[[], T]

    def result(self) -> T:
        """Wait for the result. Raises what the work failed with."""
        return self.wait()

    def then(self, step: Callable[[T], U]) -> "Pending[U]":
        """The same work with one more step, which runs within :meth:`result`."""
        return Pending(lambda: step(self.wait()))
