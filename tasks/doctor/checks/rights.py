"""Whether this process's users of Redis may do what ``deploy/acl.py`` declares for them.

After an upgrade the server may still have the users of the older release.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from redis.exceptions import NoPermissionError, ResponseError

from deploy.acl import USERS, Grant, grants
from tasks.doctor.deployment import Deployment, Server
from tasks.doctor.finding import Finding, Page, ok, wrong

#: What a user of another name has to be able to do, such as one with all rights.
_ANY = ("worker", "clock")
#: For looking only. Who lacks them sees less, and loses nothing.
LOOKING = {"info", "slowlog|get", "scan"}
# They cannot be asked for within a transaction, or would end it.
_UNTESTABLE = {"auth", "hello", "multi", "exec", "watch"}
# Where the keys begin that are kept with the boards, and those of both servers.
_BOARDS = re.compile(r"leaderboard|symbol|quote|scanners|reference:")
_BOTH = "reference*"
_ON_CHANNELS = {"subscribe", "unsubscribe", "psubscribe", "punsubscribe", "publish"}
_ARITY = "wrong number of arguments"
_MOST_ARGUMENTS = 4


def check(deployment: Deployment, server: Server) -> Iterable[Finding]:
    """Try what the user is declared to need, without doing any of it."""
    users = (server.user,) if server.user in USERS else _ANY
    selectors = _has_selectors(server)
    is_boards = server.variable != deployment.queues.variable
    needed = [
        _at(grant, is_boards, deployment.queues.database)
        for user in users
        for grant in grants(user, selectors=selectors)
    ]
    return [judge(server.user, lacking(server, needed))]


def _has_selectors(server: Server) -> bool:
    """Whether the server has selectors; every user may call ``HELLO``, which tells the version."""
    client: Any = server.client
    try:
        reply = client.execute_command("HELLO")
        told = dict(zip(reply[::2], reply[1::2], strict=True)) if isinstance(reply, list) else reply
        version = told[b"version"]
    except (ResponseError, LookupError):
        return True
    return int(version.split(b".")[0]) >= 7


def judge(user: str, missing: Sequence[str]) -> Finding:
    """Judge what a user may not do.

    Args:
        user: its name.
        missing: as an ACL spells it: ``+get``, ``~key*``, ``&channel``.
    """
    if not missing:
        return ok(f"the user {user} may do what this release needs")
    return wrong(
        f"the user {user} lacks rights that this release needs: {' '.join(missing)}",
        "Make the server's ACL file anew (`python -m deploy.acl fill`), then ACL LOAD. Restart nothing.",
        Page.USERS,
    )


def lacking(server: Server, needed: Sequence[Grant]) -> list[str]:
    """The rights that a user lacks.

    They are tried in a transaction that is never executed: Redis refuses there at once what the user may not do.

    Raises:
        NoPermissionError: the user may not begin one, nor has to.
    """
    trials = [trial for grant in needed for trial in _trials(grant)]
    pool = server.client.connection_pool
    try:
        connection: Any = pool.get_connection()
    except NoPermissionError:
        # Of SELECT, with which a connection begins.
        return ["+select"]
    try:
        connection.send_command("MULTI")
        # Nothing else is sent unless this has been answered: without a transaction it would be done.
        connection.read_response()
        connection.send_packed_command(connection.pack_commands([words for _, words in trials]))
        replies = [_reply(connection) for _ in trials]
    except NoPermissionError:
        # Of MULTI: refusals of what follows are replies.
        if not any("multi" in grant.commands for grant in needed):
            raise
        return ["+multi"]
    finally:
        # Closed, and with it the transaction is dropped.
        connection.disconnect()
        pool.release(connection)
    return _refused(trials, replies)


def _reply(connection: Any) -> str:
    try:
        connection.read_response()
    except NoPermissionError:
        return "refused"
    except ResponseError as error:
        return "arity" if _ARITY in str(error) else "allowed"
    return "allowed"


def _refused(trials: Sequence[tuple[str, Sequence[str]]], replies: Sequence[str]) -> list[str]:
    """The rights that were refused each time that they were tried with as many arguments as they take."""
    verdicts: dict[str, set[str]] = {}
    for (right, _), reply in zip(trials, replies, strict=True):
        verdicts.setdefault(right, set()).add(reply)
    return sorted(right for right, seen in verdicts.items() if "refused" in seen and "allowed" not in seen)


def _trials(grant: Grant) -> list[tuple[str, Sequence[str]]]:
    """Each right with a command that takes it, several where the number of its arguments is not known."""
    key = _sample(next((each for each in grant.keys if "*" in each), grant.keys[0])) if grant.keys else "x"
    channel = grant.channels[0] if grant.channels else None
    trials: list[tuple[str, Sequence[str]]] = []
    for command in grant.commands:
        if command in LOOKING | _UNTESTABLE or (command in _ON_CHANNELS and channel is None):
            continue
        first = channel if command in _ON_CHANNELS and channel else key
        trials += [(f"+{command}", words) for words in _spellings(command, first)]
    # Only reading commands, for these can be keys that exist.
    if reading := next((each for each in ("type", "get", "exists", "llen") if each in grant.commands), None):
        trials += [(f"~{each}", (reading.upper(), _sample(each))) for each in grant.keys]
    if "subscribe" in grant.commands:
        trials += [(f"&{each}", ("SUBSCRIBE", each)) for each in grant.channels]
    return trials


def _spellings(command: str, first: str) -> list[Sequence[str]]:
    """A command with each number of arguments that it may take, the first of them a key or a channel."""
    name = command.upper().split("|")
    if command in ("eval", "evalsha"):
        return [(*name, "return 0", "0")]
    if command == "blmove":
        return [(*name, first, first, "LEFT", "LEFT", "1")]
    return [(*name, *(first, *["0"] * _MOST_ARGUMENTS)[:count]) for count in range(_MOST_ARGUMENTS + 1)]


def _sample(pattern: str) -> str:
    """A key that matches a pattern; one of a pattern with a star is no key of the system's."""
    text = re.sub(r"\[\^.*?\]", "x", pattern)
    text = re.sub(r"\[(.).*?\]", r"\1", text)
    return text.replace("?", "x").replace("*", "x")


def _at(grant: Grant, is_boards: bool, database: int) -> Grant:
    """The part of a grant that matters at one of the servers, whose queues are in that database."""
    keys = tuple(each for each in grant.keys if each == _BOTH or bool(_BOARDS.match(each)) == is_boards)
    ours = tuple(each for each in grant.channels if each.startswith("/1.") != is_boards)
    channels = tuple(re.sub(r"^/1\.", f"/{database}.", each) for each in ours)
    # With no key to try them on, commands on keys cannot be tried.
    return Grant(grant.commands if keys or channels else (), keys, channels)
