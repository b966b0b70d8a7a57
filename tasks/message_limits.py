"""What a task's message may cost at most. Senders, consumers and pools check against these."""

#: Bytes of a task's arguments. A bar's are some 300.
MAX_BODY = 32_768
#: Bytes of the body of a task without arguments, which has some eighty.
MAX_EMPTY_BODY = 1_024
#: Bytes of a whole message: a body in base64, and what kombu adds.
MAX_MESSAGE = 65_536
#: Levels of nested lists and dicts. A bar has three; pools that pickle fail at some hundreds.
MAX_DEPTH = 32
#: Seconds of a countdown. Retries wait for half a minute at most.
MAX_COUNTDOWN = 60
#: Attempts of a task that is retried. Celery raises 2 to the power of the number that a message names.
MAX_RETRIES = 20
#: Seconds of a time limit, at least: shorter ones would end a pool's processes.
MIN_TIME_LIMIT = 1.0
