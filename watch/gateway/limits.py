"""What one client, one address and all together may cost the gateway; docs/operations/security.md lists it.

An address is that of a connection, or the one that a trusted proxy names. A thousand clients behind one address
must be able to come back at once, and to subscribe to a thousand quotes each. So what goes beyond its budget
is read later, not refused. Only what a single connection cannot need is refused.
"""

#: Bytes of a request's query, and parameters in it.
LONGEST_QUERY = 2048
MOST_PARAMETERS = 20

#: Feeds that one connection may be subscribed to at a time, and patterns of quotes among them.
FEEDS_PER_CLIENT = 1000
PATTERNS_PER_CLIENT = 50
#: Different patterns of quotes that all clients together may be subscribed to, beside quote:*: each is matched
#: against each symbol.
PATTERNS = 250
#: Different boards and symbols that they may be subscribed to before a connection gets no more than a few.
CHANNELS = 100_000
FEW_FEEDS = 20
#: Characters of a pattern, and stars in it: what compiling one costs.
LONGEST_PATTERN = 64
STARS = 8

#: Bytes of a request's first line and headers.
LONGEST_HEAD = 16_384
#: Seconds in which a whole request has to come, from the connection's start or from the last answer.
REQUEST_DEADLINE = 10.0
#: Seconds in which a client has to take `LEAST_TAKEN` bytes of what waits for it, or all, and in which a
#: connection that is being closed has to end, or it is cut off. For an open WebSocket the broadcaster judges that.
WRITE_DEADLINE = 10.0
LEAST_TAKEN = 16_384

#: Frames that one WebSocket may send at once, control frames and empty ones included, and a second from then on. A
#: client that subscribes anew to all that it may be subscribed to sends 2,000.
FRAMES = 4_000
FRAMES_PER_SECOND = 100.0
#: Bytes, likewise.
BYTES = 1_000_000
BYTES_PER_SECOND = 100_000.0
#: Bytes of answers, likewise: what goes beyond is answered later.
ANSWERED = 16_000_000
ANSWERED_PER_SECOND = 2_000_000.0

#: What one address may cost at once, and a second from then on, in WebSocket frames. The first is what a thousand
#: clients need to come back, authenticate and subscribe to ten symbols each.
WORK = 40_000
WORK_PER_SECOND = 5_000.0
#: What a connection and its handshake, and what an HTTP request cost, in frames.
CONNECTION_COST = 25
REQUEST_COST = 25
#: Bytes of an answer on a WebSocket that cost as much as a frame.
BYTES_AS_A_FRAME = 16_384

#: Different wrong keys that one address may try at once, and a second from then on.
GUESSES = 20
GUESSES_PER_SECOND = 1 / 3
#: Wrong keys that are remembered of an address, as the same again is no guess.
WRONG_KEYS = 64

#: Connections in all, where the limit of open files allows them, and of one address.
CONNECTIONS = 6_000
CONNECTIONS_PER_ADDRESS = 3_000
#: Files that are left for Redis, the broker and the page's files.
SPARE_FILES = 128

#: Addresses that are remembered beside those that are connected.
ADDRESSES = 10_000
