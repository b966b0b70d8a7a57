"""Senders in threads and in forked processes."""

import multiprocessing
import os
import threading

import pytest
from redis import Redis

from tests.support.senders import app_on, events, messages, task_on


def test_threads_do_not_disturb_one_another(url: str, broker: Redis) -> None:
    task = task_on(app_on(url, broker_pool_limit=3, task_ignore_result=False))
    ids: list[str] = []

    def send(thread: int) -> None:
        for n in range(20):
            ids.append(task.delay((thread, n)).id)
            ids.extend(task.delay_many((thread, n) for _ in range(30)))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    sent = messages(broker)
    assert len(set(ids)) == 8 * 20 * 31
    assert {each["headers"]["id"] for each in sent} == set(ids)
    # Each message names its thread, as Celery's do.
    assert len({each["properties"]["reply_to"] for each in sent}) == 8


@pytest.mark.parametrize("fork", ["os.fork", "multiprocessing"])
def test_a_forked_process_has_a_connection_and_an_identity_of_its_own(url: str, broker: Redis, fork: str) -> None:
    # Given a process that has sent
    task = task_on(app_on(url))
    task.delay("parent")
    clients = len(broker.client_list())

    def child() -> None:
        for n in range(50):
            task.delay_many([f"child {n}"])

    # When a child of it sends while it goes on to send
    if fork == "os.fork":
        pid = os.fork()
        if pid == 0:
            try:
                child()
            finally:
                os._exit(0)
    else:
        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
    for n in range(50):
        task.delay_many([f"parent {n}"])
    if fork == "os.fork":
        os.waitpid(pid, 0)
    else:
        process.join()
    # Then each message is there once, under an id of its own, and says which process sent it
    sent = messages(broker)
    assert len({each["headers"]["id"] for each in sent}) == len(sent) == 101
    assert {(events(each).split()[0], each["headers"]["origin"]) for each in sent} == {
        ("parent", f"gen{os.getpid()}@{os.uname().nodename}"),
        ("child", next(each["headers"]["origin"] for each in sent if events(each) == "child 0")),
    }
    assert len({each["headers"]["origin"] for each in sent}) == 2
    # And the parent's connection is still its own
    assert len(broker.client_list()) <= clients + 1
