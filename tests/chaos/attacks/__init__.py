"""Attacks: by strangers, by clients with the key, and by producers."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.attacks import answers, clients, http, producer, subscriptions
from tests.chaos.attacks.target import Target


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        name: what the table calls it.
        run: does it until :attr:`Target.until`, in a process of its own. It may end by an error: being cut off is
            what it deserves.
        adds_symbols: its bars are valid, so the boards hold its symbols as well.
    """

    name: str
    run: Callable[[Target], None]
    adds_symbols: bool = False


#: In the order in which the drill runs them.
ATTACKS = (
    Attack("parameters", http.parameters),
    Attack("pings", clients.pings),
    Attack("floods", clients.floods),
    Attack("reconnecting", clients.reconnecting),
    Attack("half-open", clients.half_open),
    Attack("no reading", clients.no_reading),
    Attack("guesses", clients.guesses),
    Attack("chord unlock", producer.chord_unlock),
    Attack("callbacks", producer.callbacks),
    Attack("time limits", producer.time_limits),
    Attack("headers", producer.headers),
    Attack("other types", producer.other_types),
    Attack("quotes", subscriptions.quotes),
    Attack("patterns", subscriptions.patterns),
    Attack("unsound answers", answers.unsound),
    Attack("symbols", producer.symbols, adds_symbols=True),
)
