"""``python -m deploy.acl``: makes the ACL file of Redis users, and checks it against a real server.

``fill`` prints ``redis/users.acl`` in Redis's format, with hashes of the passwords in the variables
``REDIS_PASSWORD_PRODUCER``, ``..._WORKER``, ``..._CLOCK``, ``..._BEAT``, ``..._GATEWAY``, ``..._RECORDER``,
``..._NOTIFIER``, ``..._INSPECTOR``, ``..._READER``, ``..._SCALER``, ``..._REPLICA`` and ``..._SENTINEL``; with
``--redis-6`` in the format of Redis 6.2.
``table`` starts a Redis with these users, calls each command as each user, and prints which calls were allowed.
"""

import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, ResponseError
from redis.retry import Retry
from rich.console import Console
from rich.table import Column, Table

from deploy.redis_server import RedisServer, executable

program = typer.Typer(help="The users of Redis.", no_args_is_help=True, add_completion=False)

USERS = (
    "producer",
    "worker",
    "clock",
    "beat",
    "gateway",
    "recorder",
    "notifier",
    "inspector",
    "reader",
    "scaler",
    "replica",
    "sentinel",
)
_VARIABLE = "REDIS_PASSWORD_"
# Prefix of the template's lines for servers without selectors.
_REDIS_6 = "6.2 "
#: The table's width in characters.
_WIDTH = 180
# The error of Redis up to 7.0, and that of newer versions.
_DENIED_IN_SCRIPT = re.compile("user executing the script can't|ACL failure in script")

#: The commands that are called as each user.
COMMANDS: tuple[str, ...] = (
    "GET scanners:top_gainers",
    "GET quote:AAPL",
    "ZRANGE leaderboard:top_gainers 0 9",
    "HGETALL symbol:AAPL:data",
    "SUBSCRIBE scanners:top_gainers",
    "SUBSCRIBE alerts",
    "PSUBSCRIBE quote:*",
    "PSUBSCRIBE *",
    "HGETALL leaderboard:totals",
    "ZRANGE leaderboard:changes (1 +inf BYSCORE",
    "XRANGE leaderboard:ticks - +",
    "XRANGE leaderboard:tape - +",
    "XINFO STREAM leaderboard:tape",
    "XADD leaderboard:tape * k v",
    "XRANGE leaderboard:alerts - +",
    "XADD leaderboard:alerts * k v",
    "XREAD STREAMS leaderboard:alerts 0",
    "DEL leaderboard:alerts",
    "HSET leaderboard:notifier_positions k v",
    "PUBLISH alerts {}",
    "XRANGE leaderboard:dead - +",
    "GET reference:AAPL:profile",
    "SET quote:AAPL {}",
    "ZADD leaderboard:top_gainers 1 AAPL",
    "PUBLISH scanners:top_gainers []",
    "EVAL return(1) 0",
    "EVAL return(redis.call('LLEN',KEYS[1])) 1 aggs",
    "EVAL return(redis.call('HLEN',KEYS[1])) 1 unacked",
    "EVAL return(redis.call('RPOP',KEYS[1])) 1 aggs",
    "EVAL return(redis.call('HLEN',KEYS[1])) 1 leaderboard:totals",
    "TYPE aggs",
    "LPUSH aggs bar",
    "LLEN aggs",
    "LINDEX aggs -1",
    "LRANGE aggs 0 -1",
    "RPOP aggs",
    "DEL aggs",
    "LPUSH clock call",
    "SADD aggs member",
    "LPUSH aggsevil bar",
    "SADD _kombu.binding.aggs member",
    "SET _kombu.binding.aggs word",
    "HLEN unacked",
    "HVALS unacked",
    "HRANDFIELD unacked 1",
    "HDEL unacked tag",
    "HSET unacked tag bar",
    "LPUSH unacked bar",
    "SADD unacked_index member",
    "SET unacked_mutex word",
    "WATCH unacked",
    "LTRIM aggs 0 -1",
    "PUBLISH /1.celery.pidbox command",
    "PUBLISH __sentinel__:hello word",
    "SET another:key value",
    "KEYS *",
    "SCAN 0",
    "FLUSHALL",
    "FLUSHDB",
    "CONFIG GET requirepass",
    "CONFIG SET maxmemory 1",
    "CONFIG REWRITE",
    "SCRIPT FLUSH",
    "SCRIPT KILL",
    "ACL LIST",
    "CLIENT LIST",
    "CLIENT KILL TYPE pubsub",
    "INFO",
    "SLOWLOG GET",
    "SLOWLOG RESET",
    "MONITOR",
    "SHUTDOWN NOSAVE",
    "REPLICAOF NO ONE",
    "SLAVEOF NO ONE",
    "REPLCONF capa eof",
    "PSYNC ? -1",
    "MODULE LIST",
    "SAVE",
)


def filled(passwords: Mapping[str, str], *, selectors: bool = True) -> str:
    """The ACL file, in Redis's format.

    Args:
        passwords: by user.
        selectors: whether the server supports selectors, as Redis 7 does.

    Raises:
        ValueError: a user has no password.
    """
    if missing := [user for user in USERS if not passwords.get(user)]:
        raise ValueError(f"no password for {', '.join(missing)}: set {_VARIABLE}{missing[0].upper()} and so on")
    lines = _lines(selectors=selectors)
    hashes = {user.upper(): f"#{sha256(passwords[user].encode()).hexdigest()}" for user in USERS}
    return re.sub(r"\$\{(\w+)\}", lambda match: hashes[match[1]], "\n".join(lines.values())) + "\n"


def _lines(*, selectors: bool) -> dict[str, str]:
    """The template's line of each user."""
    template = files(__package__).joinpath("redis", "users.acl").read_text("utf-8")
    lines = {line.split()[1]: line for line in template.splitlines() if line.startswith("user ")}
    if not selectors:
        others = (line.removeprefix(_REDIS_6) for line in template.splitlines() if line.startswith(_REDIS_6))
        lines |= {line.split()[1]: line for line in others}
    return lines


class Grant(NamedTuple):
    """Commands that a user may call, on which keys and channels; patterns, as Redis has them."""

    commands: tuple[str, ...]
    keys: tuple[str, ...]
    channels: tuple[str, ...]


def grants(user: str, *, selectors: bool = True) -> list[Grant]:
    """What this file gives to a user: its own grant first, then one for each selector."""
    line = _lines(selectors=selectors)[user]
    return [
        Grant(*(tuple(re.findall(rf"(?<=[ (]){re.escape(sign)}(\S+?)(?=[ )]|$)", f" {part}")) for sign in "+~&"))
        for part in (re.sub(r"\(.*?\)", "", line), *re.findall(r"\((.*?)\)", line))
    ]


def has_selectors(server: str) -> bool:
    """Whether a server supports selectors of users: Redis from 7 on, and Valkey."""
    output = subprocess.run([server, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"v=(\d+)", output)
    return version is not None and int(version[1]) >= 7


class GuardedServer(RedisServer):
    """A Redis with these users, each with a password of its own.

    Args:
        folder: where it keeps its files.
        options: more of redis-server's.
        passwords: by user, if another server has the same users; None: new passwords.
    """

    def __init__(self, folder: Path, *options: str, passwords: Mapping[str, str] | None = None) -> None:
        self.passwords = passwords or {user: secrets.token_urlsafe(16) for user in USERS}
        folder.mkdir(parents=True, exist_ok=True)
        users = folder / "users.acl"
        operator = f"user operator on #{sha256(b'operator').hexdigest()} ~* &* +@all\n"
        users.write_text(filled(self.passwords, selectors=has_selectors(executable())) + operator)
        super().__init__(folder, None, "--aclfile", str(users), *options)

    def url_of(self, user: str, database: int = 0) -> str:
        return f"redis://{user}:{self.passwords[user]}@127.0.0.1:{self.port}/{database}"

    def client_of(self, user: str) -> Redis:
        # Protocol 2: there a subscription is answered like any command.
        return Redis.from_url(self.url_of(user), protocol=2)

    def operator(self) -> Redis:
        """A client that may call every command."""
        return Redis(port=self.port, username="operator", password="operator")

    def _prober(self) -> Redis:
        # Others are refused before they learn that it still reads its data.
        return Redis(port=self.port, username="operator", password="operator", retry=Retry(NoBackoff(), 0))

    def denied(self) -> list[dict[str, Any]]:
        """The last refused calls: user, command and reason."""
        log: Any = self.operator().acl_log()
        entries = [{name: entry[name] for name in ("username", "reason", "object", "context")} for entry in log]
        # Ignore `CLIENT SETINFO`, with which a client library names itself. It ignores the refusal.
        return [entry for entry in entries if not str(entry["object"]).startswith("client")]


def may(server: GuardedServer, user: str, command: str) -> bool:
    """Whether a user may call a command, tested by calling it."""
    with server.client_of(user) as client:
        connection = client.connection_pool.get_connection()
        connection.send_command(*command.split())
        try:
            connection.read_response()
        except NoPermissionError:
            return False
        except ResponseError as error:
            # Another error, such as a wrong type of the key, means that the call itself was allowed.
            return not _DENIED_IN_SCRIPT.search(str(error))
        finally:
            # The connection may be subscribed by now: do not reuse it.
            connection.disconnect()
        return True


def allowed(server: GuardedServer) -> dict[str, dict[str, bool]]:
    """Whether the user may call the command, by command and user."""
    return {command: {user: may(server, user, command) for user in USERS} for command in COMMANDS}


@program.command()
def fill(
    redis_6: Annotated[bool, typer.Option("--redis-6", help="For Redis 6.2, which has no selectors.")] = False,
) -> None:
    """Print the ACL file, with hashes of the passwords in the environment."""
    passwords = {user: os.environ.get(f"{_VARIABLE}{user.upper()}", "") for user in USERS}
    try:
        typer.echo(filled(passwords, selectors=not redis_6), nl=False)
    except ValueError as error:
        sys.exit(str(error))


@program.command()
def table() -> None:
    """Print which user may call which command, tested with a real server."""
    with tempfile.TemporaryDirectory() as folder:
        server = GuardedServer(Path(folder))
        server.start()
        try:
            answers = allowed(server)
        finally:
            server.stop()
    shown = Table(Column("command", no_wrap=True), *USERS, title="Commands that a real server allowed")
    for command, by_user in answers.items():
        shown.add_row(command, *("yes" if by_user[user] else "-" for user in USERS))
    # A fixed width: in a narrow terminal or a file, rich would cut the columns off.
    Console(width=_WIDTH).print(shown)


def main(arguments: Sequence[str] | None = None, name: str | None = None) -> None:
    """Run a command.

    Args:
        arguments: of the command line; None: the process's own.
        name: of the program, for its help.
    """
    program(arguments, prog_name=name)


if __name__ == "__main__":
    main()
