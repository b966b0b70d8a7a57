"""KEDA scales by the policy's figures, and sees the bars that wait and are in flight."""

from pathlib import Path

import pytest
from celery import Celery
from kombu import Connection
from redis import Redis

from config.celery import AGGS
from config.queue_depth import priority_lists, unacked, waiting
from config.settings import Settings, settings
from deploy.acl import GuardedServer
from tasks.autoscale.command import autoscale
from tasks.autoscale.policy import BARS_PER_WORKER, COOLDOWN
from tests.support.kubernetes.manifests import of_kind
from tests.support.kubernetes.secrets import secrets

#: What KEDA's scalers of Redis and Sentinels read from a TriggerAuthentication. Passwords of Sentinels are left
#: out, for no part here supports them.
PARAMETERS = {"address", "addresses", "sentinelMaster", "username", "password", "tls", "ca", "cert", "key"}


def test_keda_scales_by_the_policys_figures() -> None:
    spec = of_kind("ScaledObject")["worker"]["spec"]
    least, most, cooldown = autoscale.__defaults__ or ()
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]

    # As many workers, at least and at most, as on one machine
    assert spec["scaleTargetRef"]["name"] in of_kind("Deployment")
    assert "replicas" not in of_kind("Deployment")[spec["scaleTargetRef"]["name"]]["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (least, most)

    # One for each so many bars that wait or are in flight, at once
    modifiers = spec["advanced"]["scalingModifiers"]
    assert modifiers["formula"].split(" + ") == [trigger["name"] for trigger in spec["triggers"]]
    assert (modifiers["target"], modifiers["metricType"]) == (str(BARS_PER_WORKER), "AverageValue")
    assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert behavior["scaleUp"]["policies"][0]["value"] >= most

    # And one less after the same cooldown
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] == cooldown == COOLDOWN
    assert behavior["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": COOLDOWN}]


def test_keda_looks_where_the_bars_are(redis: Redis) -> None:
    """Given KEDA's triggers, then they read the queue's lists and what is in flight, in the broker's database."""
    spec = of_kind("ScaledObject")["worker"]["spec"]
    database = Settings.model_fields["celery_broker_url"].default.rpartition("/")[2]

    with Connection(settings().celery_broker_url) as connection, connection.channel() as channel:
        queues = priority_lists(channel, AGGS)
    assert [trigger["metadata"]["listName"] for trigger in spec["triggers"]] == [*queues, "unacked"]
    for trigger in spec["triggers"]:
        assert trigger["type"] == "redis"
        assert trigger["metadata"]["databaseIndex"] == database
        assert trigger["metadata"]["listLength"] == str(BARS_PER_WORKER)
        assert trigger["authenticationRef"]["name"] in of_kind("TriggerAuthentication")


def test_keda_is_given_all_that_its_scaler_takes() -> None:
    """Given KEDA's parameters for Redis, TLS and Sentinels, then each is the Secret's entry of that name."""
    (asked,) = of_kind("TriggerAuthentication").values()
    given = {each["parameter"]: (each["name"], each["key"]) for each in asked["spec"]["secretTargetRef"]}

    assert given == {name: (asked["metadata"]["name"], name) for name in PARAMETERS}
    assert secrets()["scaler"].keys() <= PARAMETERS


#: What KEDA's scaler for Redis runs, pkg/scalers/redis_scaler.go.
KEDA_SCRIPT = """
    local listName = KEYS[1]
    local listType = redis.call('type', listName).ok
    local cmd = {
        zset = 'zcard',
        set = 'scard',
        list = 'llen',
        hash = 'hlen',
        none = 'llen'
    }

    return redis.call(cmd[listType], listName)
"""


def test_keda_sees_as_many_bars_as_metrics_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given bars of all priorities and some in flight, when KEDA looks as its user, then it sees all."""
    spec = of_kind("ScaledObject")["worker"]["spec"]
    server = GuardedServer(tmp_path)
    server.start()
    try:
        # Which Celery prefers to what it is given.
        monkeypatch.setenv("CELERY_BROKER_URL", server.url_of("producer", 1))
        client = Celery()
        for priority in (0, 3, 6, 9, 9, 9):
            client.send_task("tasks.process_agg", [{}], queue=AGGS, priority=priority)
        with Redis(port=server.port, db=1, username="operator", password="operator") as operator:
            operator.hset("unacked", mapping={"tag": "a bar", "other": "another"})
        scaler = Redis.from_url(server.url_of("scaler", 1), protocol=2)

        seen = {
            trigger["name"]: scaler.eval(KEDA_SCRIPT, 1, trigger["metadata"]["listName"])
            for trigger in spec["triggers"]
        }

        assert seen == {"waiting": 1, "waiting3": 1, "waiting6": 1, "waiting9": 3, "in_flight": 2}
        with Connection(server.url_of("inspector", 1)) as connection, connection.channel() as channel:
            assert sum(map(int, seen.values())) == waiting(channel, AGGS) + unacked(channel)
    finally:
        server.stop()
