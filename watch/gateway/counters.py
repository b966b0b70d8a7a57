"""What the gateway has done since its start."""

from dataclasses import dataclass


@dataclass
class Counters:
    """Counts over all clients.

    Attributes:
        messages: sent, publications and answers.
        bytes: of these messages, after compression.
        conflated: publications that a slow client got a newer one of the same channel for.
        resyncs: whole boards that clients of deltas were sent again.
        dropped: clients that were cut off because they stopped taking what they were sent.
        over_budget: clients that were closed because they sent more than they may.
        refused: connections that were refused, or evicted for new ones, at a limit.
        overdue: connections that were cut off because no whole request came, or a close did not end.
        wrong_keys: wrong keys, and keys that were not judged because their address was locked out.
    """

    messages: int = 0
    bytes: int = 0
    conflated: int = 0
    resyncs: int = 0
    dropped: int = 0
    over_budget: int = 0
    refused: int = 0
    overdue: int = 0
    wrong_keys: int = 0
