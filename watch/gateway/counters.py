"""What the gateway has done since its start."""

from dataclasses import dataclass


@dataclass
class Counters:
    """Counts over all clients.

    Attributes:
        messages: sent, publications and answers.
        bytes: of them, as they went over the wire.
        conflated: publications that a newer one of their channel replaced before a slow client took them.
        dropped: clients that took nothing any more.
        over_budget: clients that sent more than they may.
        refused: connections that were refused, or cut off to make room, as there were too many.
        overdue: connections that were cut off as no whole request came, or as their end did not.
        wrong_keys: keys that were wrong, or not judged as there had been too many.
    """

    messages: int = 0
    bytes: int = 0
    conflated: int = 0
    dropped: int = 0
    over_budget: int = 0
    refused: int = 0
    overdue: int = 0
    wrong_keys: int = 0
