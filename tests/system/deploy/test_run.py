"""What `make run` starts: all of it, in a copy of the checkout, and nothing left of it afterwards."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from config import local_run
from deploy.redis_server import free_port
from deploy.run import beside, environment, greeting, processes
from history.archive.day import days
from history.archive.schema import BARS
from tests.support.checkout import CHECKOUT
from tests.support.massive.rest import MassiveRest
from tests.support.massive.stream import KEY, MassiveServer
from tests.support.redis_servers.sentinels import Watched
from tests.support.waiting import eventually

DECIDED = ("REDIS_URL", "CELERY_BROKER_URL", "MARKET_CLOCK")


class Run:
    """A run in a copy of the checkout, with a home of its own to see what is left there."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.checkout = folder / "checkout"
        self.home = folder / "home"
        self.home.mkdir()
        # With what Python has compiled: each of its processes would compile all of it anew.
        hidden = shutil.ignore_patterns(".*", "bench", "tests")
        shutil.copytree(CHECKOUT, self.checkout, ignore=hidden)
        self._log = folder / "log"
        given = {name: value for name, value in os.environ.items() if name not in DECIDED}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.run"],
                cwd=self.checkout,
                env=given | {"HOME": str(self.home), "PYTHONPATH": str(self.checkout)} | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def redis(self) -> Redis:
        """The Redis that is its own."""
        # Flower comes up after Redis.
        eventually(lambda: "Visit me at" in self.log)
        return Redis.from_url(self.urls["REDIS_URL"])

    @property
    def urls(self) -> dict[str, str]:
        """What it left for commands that are run beside it."""
        lines = (self.checkout / ".run" / "env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def beside(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the checkout, as somebody in another terminal would, with no Redis named."""
        given = {name: value for name, value in os.environ.items() if name not in DECIDED}
        return subprocess.run(
            command,
            cwd=self.checkout,
            env=given | {"PYTHONPATH": str(self.checkout)} | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def page(self) -> str:
        """Where it says that the page is."""
        return self.log.split("The boards:", 1)[1].split()[0]

    def processes(self) -> list[psutil.Process]:
        found = []
        for each in psutil.process_iter():
            try:
                if each.cwd().startswith(str(self.checkout)) and each.status() != psutil.STATUS_ZOMBIE:
                    found.append(each)
            except psutil.Error:
                continue
        return found

    def named(self, words: str) -> psutil.Process:
        """The one process whose command holds `words`, once it runs."""

        def matching() -> list[psutil.Process]:
            return [each for each in self.processes() if words in " ".join(each.cmdline())]

        eventually(matching, what=words)
        return matching()[-1]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with closing_all(Run(tmp_path)) as started:
        yield started


@contextmanager
def closing_all(started: Run) -> Iterator[Run]:
    try:
        yield started
    finally:
        for each in started.processes():
            each.kill()
        started.process.wait()


def test_the_page_is_up_its_redis_is_found_beside_it_and_ctrl_c_leaves_nothing(run: Run) -> None:
    # Given a run
    redis = run.redis()

    # When its market has started
    eventually(lambda: redis.exists("scanners:top_gainers"), what="a published board")
    first = redis.get("scanners:top_volume")
    eventually(lambda: redis.get("scanners:top_volume") != first, what="a board that moves")

    # Then its page is there, and its gateway has the boards
    assert "Live leaderboards" in httpx.get(run.page, trust_env=False).text
    assert httpx.get(f"{run.page}/api/boards/volume", trust_env=False).json()["rows"]

    # And its Redis is for its user alone, and commands beside it find it
    _assert_only_its_user_reads(run, redis)
    _assert_commands_find_it(run)

    # And Ctrl-C stops all of it within honcho's timeout
    run.process.send_signal(signal.SIGINT)
    run.process.wait(20)
    eventually(lambda: not run.processes(), seconds=5)

    # And nothing was written but into the checkout's own folder
    assert not list(run.home.iterdir())
    assert {each.name for each in (run.checkout / ".run").iterdir()} == {"redis", "history"}
    # Where history is, of the day that the market shows
    (day,) = days(run.checkout / ".run" / "history")
    assert day.files(BARS)
    # Where there is what Redis keeps, and neither lock nor password
    kept = {each.name for each in (run.checkout / ".run" / "redis").iterdir()}
    assert all(name == "redis.log" or name.startswith("appendonly") for name in kept)
    new = {each.name for each in run.checkout.iterdir()} - {each.name for each in CHECKOUT.iterdir()}
    assert new <= {".run", "__pycache__"}


def _assert_only_its_user_reads(run: Run, redis: Redis) -> None:
    password = str(redis.get_connection_kwargs()["password"])

    # Who has no password can do nothing there, least of all write files elsewhere
    stranger = Redis(port=redis.get_connection_kwargs()["port"])
    for attempt in (lambda: stranger.config_set("dir", "/tmp"), stranger.dbsize, lambda: stranger.set("key", 1)):
        with pytest.raises(AuthenticationError):
            attempt()

    # And the password is in no list of processes, in no log, and in files of this user's alone
    assert len(password) >= 32
    assert not [each for each in run.processes() if password in " ".join(each.cmdline())]
    assert password not in run.log
    for file in (".run/env", ".run/redis/password"):
        assert stat.S_IMODE((run.checkout / file).stat().st_mode) == 0o600, file


def _assert_commands_find_it(run: Run) -> None:
    # What it prints for another terminal works as it stands
    shown = run.log.split("Redis:", 1)[1].splitlines()[0].strip()
    assert run.beside("bash", "-c", f"{shown} -n 1 LLEN aggs").stdout.strip().isdigit()
    watched = run.beside(sys.executable, "-m", "watch", "top", "volume", TERM="dumb")
    assert "failed" not in watched.stderr + watched.stdout, watched

    # And so do commands that speak to boards and queues
    listed = run.beside(sys.executable, "-m", "tasks", "dead", "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    known = run.beside(
        *(sys.executable, "-c", "from config.settings import settings as s; print(s().celery_broker_url)")
    )
    assert known.stdout.strip() == run.urls["CELERY_BROKER_URL"]

    # And those that read its history
    recorded = run.beside(sys.executable, "-m", "history", "days")
    assert (recorded.returncode, recorded.stderr) == (0, "")

    # And they go by the clock that its boards go by
    session = run.beside(sys.executable, "-m", "tasks", "session")
    assert "time is what the events say" in session.stdout, session

    # When the environment names a Redis, then it is that one
    named = run.beside(
        *(sys.executable, "-c", "from config.settings import settings as s; print(s().celery_broker_url)"),
        REDIS_URL="redis://elsewhere/0",
    )
    assert named.stdout.strip() == "redis://127.0.0.1:6379/1"


def test_what_a_killed_run_left_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given the file of a run
    monkeypatch.setattr(local_run, "FILE", tmp_path / ".run" / "env")
    urls = {"REDIS_URL": "redis://:p@127.0.0.1:1/0", "CELERY_BROKER_URL": "redis://:p@127.0.0.1:1/1"}
    assert local_run.env_file({}) is None
    with local_run.publish(urls):
        # Then it is found while the run goes on, and its own stays when another comes
        assert local_run.env_file({}) == local_run.FILE
        with local_run.publish(dict.fromkeys(urls, "redis://other")):
            assert local_run.FILE.read_text() == "".join(f"{name}={url}\n" for name, url in urls.items())
        assert local_run.env_file({"REDIS_URL": "redis://named"}) is None
    assert not local_run.FILE.exists()

    # When it is killed, so that its file stays, then nobody goes by it
    local_run.FILE.write_text("REDIS_URL=redis://:p@127.0.0.1:1/0\n")
    assert local_run.env_file({}) is None


def test_with_a_key_it_is_the_live_market(tmp_path: Path, massive_server: MassiveRest) -> None:
    # Given a service that has the bars of a symbol, and what was before today
    massive_server.key = KEY
    service = {"MASSIVE_API_KEY": KEY, "MASSIVE_REST_URL": massive_server.url}
    with MassiveServer() as socket, closing_all(Run(tmp_path, MASSIVE_SOCKET_URL=socket.url, **service)) as run:
        run.redis()

        # When a bar comes that has just ended
        socket.await_subscribers()
        now = int(time.time()) * 1000
        traded = {"ev": "A", "sym": "A", "v": 10, "av": 1000, "c": 12.0, "s": now - 1000, "e": now}
        socket.publish(traded)

        # Then its symbol is on the board
        def volumes() -> list[tuple[str, float]]:
            try:
                answer = httpx.get(f"{run.page}/api/boards/volume", timeout=20, trust_env=False)
            except httpx.ConnectError:
                # It does not listen yet.
                return []
            return [(row["symbol"], row["accumulated_volume"]) for row in answer.json().get("rows", ())]

        eventually(lambda: volumes() == [("A", 1000)], what="the bar on the page's board")

        # And no made-up market is beside it, nor the key in what was said
        assert {each.name for each in (run.checkout / ".run").iterdir()} == {"live", "live-history", "env"}
        assert KEY not in run.log


def test_a_server_that_sentinels_watch_has_boards_and_queues(tmp_path: Path, watched: Watched) -> None:
    # Given a server that a Sentinel knows, and a second Sentinel that is away
    sentinels = f"{watched.url(0)};sentinel://127.0.0.1:{free_port()}"
    server = Redis(port=watched.master.port)

    # When all is started by their URL alone
    with closing_all(Run(tmp_path, REDIS_URL=sentinels, REDIS_MASTER="boards")) as run:
        # Then the boards come there, by way of queues that are there too
        def published() -> bool:
            assert run.process.poll() is None, run.log
            return bool(server.exists("scanners:top_volume"))

        eventually(published, what="a published board")
        eventually(lambda: "Visit me at" in run.log)

        # And no Redis was started beside it
        assert not (run.checkout / ".run").exists()


def test_a_second_run_is_refused_and_everything_stops_when_one_dies(run: Run) -> None:
    # Given a run
    redis = run.redis()
    eventually(lambda: redis.exists("leaderboard:session"), what="the market's first bar")

    # When another is started in the same checkout
    second = subprocess.run(
        [sys.executable, "-m", "deploy.redis_server", ".run/redis", "0"],
        cwd=run.checkout,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    # Then it is told so, and the first goes on
    assert second.returncode == 1
    assert "another run keeps its Redis in .run/redis" in second.stderr
    assert redis.ping()

    # And when one of its processes dies, then the others stop
    run.named("celery -A tasks beat").kill()
    run.process.wait(20)
    eventually(lambda: not run.processes(), seconds=5)


def test_a_redis_of_ones_own_is_used_only_when_named() -> None:
    # Given a Redis that the environment names, or none
    named = environment({"REDIS_URL": "redis://:secret@db.example:6400/3"})
    unnamed = environment({"CELERY_BROKER_URL": "redis://db.example:6400/1"})

    # Then the queues go beside the boards, on the same server
    assert named["CELERY_BROKER_URL"] == "redis://:secret@db.example:6400/4"
    assert "REDIS_PORT" not in named
    assert "secret" not in greeting(named)
    assert urlsplit(environment({"REDIS_URL": ""})["REDIS_URL"]).hostname == "127.0.0.1"
    port = unnamed["REDIS_PORT"]
    assert re.fullmatch(rf"redis://:[\w-]{{32,}}@127\.0\.0\.1:{port}/0", unnamed["REDIS_URL"])
    assert unnamed["CELERY_BROKER_URL"] == unnamed["REDIS_URL"].removesuffix("0") + "1"
    assert str(urlsplit(unnamed["REDIS_URL"]).password) not in greeting(unnamed)


def test_sentinels_of_the_boards_are_those_of_the_queues_where_no_others_are_named() -> None:
    # Given the URLs of two Sentinels
    boards = {"REDIS_URL": "sentinel://:secret@a:1;sentinel://b:2", "REDIS_MASTER": "boards"}
    made = environment(boards)

    # Then the queues are on the server that these watch
    assert made["CELERY_BROKER_URL"] == "sentinel://:secret@a:1/1;sentinel://b:2"
    assert made["CELERY_BROKER_MASTER"] == "boards"
    # And another terminal is told both, but for the password
    assert "REDIS_URL='sentinel://:**@a:1/0;sentinel://b:2' REDIS_MASTER=boards " in greeting(made)
    assert "secret" not in greeting(made)

    # Given queues elsewhere, then they stay there, and no Sentinel is asked for them
    elsewhere = environment(boards | {"CELERY_BROKER_URL": "redis://c/0"})
    assert elsewhere["CELERY_BROKER_URL"] == "redis://c/0"
    assert "CELERY_BROKER_MASTER" not in elsewhere

    # Given no boards, then the queues are on this run's own server, which no Sentinel watches
    own = environment({"CELERY_BROKER_URL": "sentinel://a", "CELERY_BROKER_MASTER": "queues"})
    assert urlsplit(own["CELERY_BROKER_URL"]).hostname == "127.0.0.1"
    assert "CELERY_BROKER_MASTER" not in own


@pytest.mark.parametrize(
    ("url", "next_database"),
    [
        ("redis://h", "redis://h/1"),
        ("redis://h:1/", "redis://h:1/1"),
        ("rediss://u:p@h:1/7", "rediss://u:p@h:1/8"),
        ("redis://:semi;colon@h/0", "redis://:semi;colon@h/1"),
        ("sentinel://h", "sentinel://h/1"),
        ("sentinel://u:p%40ss@h:1/7; sentinel://[::1]:2", "sentinel://u:p%40ss@h:1/8;sentinel://[::1]:2"),
        ("sentinel://h/0?ssl_ca_certs=f;sentinel://h2", "sentinel://h/1?ssl_ca_certs=f;sentinel://h2"),
    ],
)
def test_the_next_database_of_the_same_server(url: str, next_database: str) -> None:
    assert beside(url) == next_database


def test_a_notifier_runs_where_there_is_somebody_to_notify() -> None:
    urls = {"ALERT_URLS": "json://user:secret@host"}
    without, with_one = environment({}), environment(urls)

    assert {*processes(with_one)} - {*processes(without)} == {"notifier"}
    assert f"http://127.0.0.1:{with_one['NOTIFIER_METRICS_PORT']}/metrics" in greeting(with_one)
    assert "secret" not in greeting(with_one)
