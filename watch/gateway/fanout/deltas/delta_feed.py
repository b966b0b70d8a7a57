"""One projection of a board for the clients that follow it."""

from collections import deque
from collections.abc import Collection, Sequence
from itertools import islice

from watch.gateway.counters import Counters
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.deltas.board_changes import Rows, delta_message, whole_message
from watch.gateway.fanout.text_frame import TextFrame

# Deltas are made once for all clients, so they can be compressed well.
_LEVEL = 5


class DeltaFeed:
    """The states of a board, numbered, as wholes and deltas in frames that all clients share.

    It knows which number each client has. A client that keeps up is sent each delta. One that was slow is sent
    those that it lacks, or the whole board if that is shorter. If they are not known, it is sent the whole board:
    a client is new, or the connection to Redis was lost, or something other than a board was published in between.

    Args:
        channel: that the board is published on.
        counters: over all clients.
    """

    def __init__(self, channel: str, counters: Counters) -> None:
        self._channel = channel
        self._counters = counters
        self._joining: set[Client] = set()
        # By client, the number of the state that it has; 0: none yet.
        self._seqs: dict[Client, int] = {}
        self._seq = 0
        self._published = b""
        # None: the state is not known.
        self._rows: Rows | None = None
        self._whole: TextFrame | None = None
        # The newest delta, and those before it as long as all together are shorter than the board.
        self._deltas: deque[TextFrame] = deque()
        self._deltas_size = 0

    # --- clients

    def join(self, client: Client) -> None:
        """Take in a client, which is sent nothing before :meth:`start`."""
        self._seqs.pop(client, None)
        self._joining.add(client)

    def start(self, client: Client) -> None:
        """From now on, a client that joined is sent the whole board, then deltas."""
        if client in self._joining:
            self._joining.remove(client)
            self._seqs[client] = 0

    def leave(self, client: Client) -> None:
        self._joining.discard(client)
        self._seqs.pop(client, None)

    @property
    def followers(self) -> Collection[Client]:
        """The clients that are sent deltas."""
        return self._seqs.keys()

    def has_only(self, client: Client) -> bool:
        """Whether a client is the only one that has joined."""
        return {client} == self._joining | self._seqs.keys()

    @property
    def is_unused(self) -> bool:
        return not (self._seqs or self._joining)

    # --- the board

    @property
    def size(self) -> int:
        """Of the whole board, bytes."""
        return len(self._published)

    @property
    def newest(self) -> TextFrame | None:
        """The delta that made the board of the one before; None: there is none."""
        return self._deltas[-1] if self._deltas else None

    def forget(self) -> None:
        """The state is not known. Clients are sent the whole of the next one."""
        self._rows = None

    def publish(self, rows: Rows, published: bytes) -> None:
        """Take the next state.

        Args:
            rows: of the board.
            published: the same as JSON, with ranks.
        """
        before, self._rows, self._whole = self._rows, rows, None
        self._published = published
        self._seq += 1
        if before is None:
            self._deltas.clear()
            self._deltas_size = 0
        else:
            self._add_delta(delta_message(self._channel, self._seq, before, rows))

    def _add_delta(self, message: bytes) -> None:
        delta = TextFrame(message, _LEVEL)
        self._deltas.append(delta)
        self._deltas_size += len(delta.plain)
        while self._deltas_size > len(self._published) and len(self._deltas) > 1:
            self._deltas_size -= len(self._deltas.popleft().plain)

    # --- what is sent

    def frames_for(self, client: Client) -> Sequence[TextFrame]:
        """What a client lacks of the newest board: deltas, or the whole."""
        seq = self._seqs.get(client)
        if seq is None or self._rows is None:
            return ()
        self._seqs[client] = self._seq
        known, lacks = len(self._deltas), self._seq - seq
        if lacks <= known:
            return list(islice(self._deltas, known - lacks, None))
        self._counters.resyncs += seq > 0
        if self._whole is None:
            self._whole = TextFrame(whole_message(self._channel, self._seq, self._published))
        return (self._whole,)
