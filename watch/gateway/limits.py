"""What one client, one address and all together may cost the gateway; docs/operations/security.md explains them.

An address is that of a connection, or the one that a trusted proxy names. A thousand clients behind one address
must be able to reconnect at once, and to subscribe to a thousand quotes each. So what exceeds the budget of an
address is processed later, not refused. Only what no single connection needs is refused.
"""

#: Bytes of a request's query, and parameters in it.
LONGEST_QUERY = 2048
MOST_PARAMETERS = 20
#: Rows of a screen over the whole market that one request gets, rows that it leaves out before them, and
#: conditions.
SCREEN_ROWS = 1_000
SCREEN_OFFSET = 1_000_000
CONDITIONS = 12

#: Symbols of which one request gets quotes, also of the past, or sparklines; no more fit into the query.
SYMBOLS = 250

#: Bytes of a WebSocket client's message, and characters of a feed's name.
LONGEST_MESSAGE = 4096
LONGEST_FEED = 128
#: Feeds that one connection may be subscribed to at a time, and patterns of quotes among them.
FEEDS_PER_CLIENT = 1000
PATTERNS_PER_CLIENT = 50
#: Different patterns of quotes that all clients together may be subscribed to, not counting quote:*. Each is
#: matched against each symbol.
PATTERNS = 250
#: Symbols whose live candles one connection, and all clients together, may be subscribed to.
CANDLES_PER_CLIENT = 50
CANDLES = 500
#: Different projections of boards, in fields and rows, that all clients together may follow. However many clients
#: share one, it costs some 0.5 ms a second.
PROJECTIONS = 250
#: Alerts that one answer has at most, and that wait for a client that is too slow for them.
ALERTS_PER_ANSWER = 1_000
WAITING_ALERTS = 1_000
#: Different boards and symbols that all clients together may be subscribed to. Beyond that, a connection may have
#: FEW_FEEDS.
CHANNELS = 100_000
FEW_FEEDS = 20
#: Characters of a pattern, and stars in it; compiling a pattern costs by both.
LONGEST_PATTERN = 64
STARS = 8

#: Bytes of a request's first line and headers.
LONGEST_HEAD = 16_384
#: Seconds in which a whole request must come, from the connection's start or from the last answer.
REQUEST_DEADLINE = 10.0
#: Seconds in which a client must take LEAST_TAKEN bytes of its output, or all, and in which a connection that is
#: being closed must end. An open WebSocket has STALL_DEADLINE instead.
WRITE_DEADLINE = 10.0
LEAST_TAKEN = 16_384
#: Seconds after which a WebSocket client is dropped that takes nothing of what waits for it.
STALL_DEADLINE = 10.0
#: Seconds in which a WebSocket client must authenticate, and keys that it may try.
AUTHENTICATION_DEADLINE = 10.0
ATTEMPTS = 3

#: Frames that one WebSocket may send at once, and per second from then on. Control frames and empty ones count. A
#: client that renews all the subscriptions that it may have sends 2,000.
FRAMES = 4_000
FRAMES_PER_SECOND = 100.0
#: Bytes that it may send, likewise.
BYTES = 1_000_000
BYTES_PER_SECOND = 100_000.0
#: Bytes of answers, likewise. Answers beyond them are sent later.
ANSWERED = 16_000_000
ANSWERED_PER_SECOND = 2_000_000.0

#: What one address may cost at once, and per second from then on, in WebSocket frames. A thousand clients need the
#: first to reconnect, authenticate and subscribe to ten symbols each.
WORK = 40_000
WORK_PER_SECOND = 5_000.0
#: What a connection with its handshake costs, and what an HTTP request costs, in frames. A screen over the whole
#: market takes as long as a board: 2 to 5 ms.
CONNECTION_COST = 25
REQUEST_COST = 25
#: Bytes of an answer on a WebSocket that cost as much as a frame.
BYTES_AS_A_FRAME = 16_384

#: Different wrong keys that one address may try at once, and per second from then on.
GUESSES = 20
GUESSES_PER_SECOND = 1 / 3
#: Wrong keys that are remembered of an address: the same key again is no new guess.
WRONG_KEYS = 64

#: Connections in all, if the limit of open files allows them, and of one address.
CONNECTIONS = 6_000
CONNECTIONS_PER_ADDRESS = 3_000
#: Open files that are left for Redis, the broker and the page's files.
SPARE_FILES = 128

#: Addresses that are remembered; more only if more are connected or in debt.
ADDRESSES = 10_000

#: Processes that answer queries over recorded history, and bytes of memory that each may have.
HISTORY_PROCESSES = 2
HISTORY_MEMORY = 1_500_000_000
#: Seconds that such a query may take. Then the process is killed.
QUERY_DEADLINE = 10.0
#: Seconds that such a process may take to start: a second of a processor, of which a busy machine gives it little.
QUERY_START = 60.0
#: Seconds that it may wait for its turn before that.
QUERY_WAIT = 5.0
#: Queries that run or wait, in all and of one address, so that no address can fill the queue.
QUERIES = 32
QUERIES_PER_ADDRESS = 8
#: Boards and screens that one request gets of a second of the past.
PAST_BOARDS = 12
#: Seconds of the past that one request gets, and boards and screens of all of them together.
RUN_SECONDS = 12
RUN_BOARDS = 72
#: Trading days of the calendar that one request gets.
CALENDAR_DAYS = 400
#: Bars of the tape that the gateway keeps at most while somebody asks for today's candles: those that the recorder
#: has not stored yet, some 110 bytes each.
TAIL_BARS = 500_000
