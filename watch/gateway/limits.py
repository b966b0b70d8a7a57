"""What one client, one address and all together may cost the gateway. docs/security.md says each of these."""

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
