"""Asks several servers at once, and goes on without those that do not answer in time."""

from collections.abc import Callable, Mapping
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

from redis.exceptions import TimeoutError

T = TypeVar("T")


class Questions:
    """Asks each server in a thread of its own. It belongs to one thread.

    A server that has not answered the question before is not asked another one: it counts as away at once.

    Args:
        seconds: within which the servers have to answer.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._asked: dict[int, _Question] = {}

    def ask(self, questions: Mapping[int, Callable[[], T]]) -> dict[int, T | Exception]:
        """The answers.

        Args:
            questions: by the index of the server, what its thread calls. It may outlast this call.

        Returns:
            By the same indices, the result or what the call failed with.
        """
        asked = {server: self._begin(server, question) for server, question in questions.items()}
        until = monotonic() + self._seconds
        answers: dict[int, T | Exception] = {}
        for server, question in asked.items():
            if question is not None:
                question.join(max(0.0, until - monotonic()))
            if question is None or question.is_alive():
                answers[server] = TimeoutError(f"it has not answered within {self._seconds:g} s")
            else:
                answers[server] = question.answer
        return answers

    def _begin(self, server: int, question: Callable[[], Any]) -> "_Question | None":
        before = self._asked.get(server)
        if before and before.is_alive():
            return None
        self._asked[server] = _Question(question)
        self._asked[server].start()
        return self._asked[server]


class _Question(Thread):
    """One question.

    Attributes:
        answer: once the thread has ended: the result, or the error.
    """

    answer: Any

    def __init__(self, question: Callable[[], Any]) -> None:
        # A server that never answers must not keep the process from ending.
        super().__init__(daemon=True)
        self._question = question

    def run(self) -> None:
        try:
            self.answer = self._question()
        except Exception as error:
            self.answer = error
