"""What the gateway has done since its start."""

from dataclasses import dataclass


@dataclass
class Totals:
    """Counts over all clients.

    Attributes:
        messages: sent, publications and answers.
        bytes: of them, as they went over the wire.
        conflated: publications that a newer one of their channel replaced before a slow client took them.
        dropped: clients that took nothing any more.
    """

    messages: int = 0
    bytes: int = 0
    conflated: int = 0
    dropped: int = 0
