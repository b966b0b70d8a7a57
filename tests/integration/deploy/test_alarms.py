"""Each alarm of Prometheus fires when it should and at no other time, as ``promtool test rules`` judges it.

Samples are 5 s apart, as in prometheus.yml, in promtool's notation: ``10x3`` is 10 four times, ``0+5x3`` is 0, 5,
10 and 15.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from deploy.monitoring.alarms import ALARMS, FILES

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="needs promtool, of Debian's package prometheus"
)

Series = dict[str, str]

GATEWAY = '{instance="web:8000",job="web"}'
OTHER_GATEWAY = '{instance="web2:8000",job="web"}'
BOARDS = '{instance="web:8000",job="web",server="boards"}'
REFUSED = 'lba_dead_by_reason_total{instance="web:8000",job="web",reason="field"}'
FEED = '{instance="feed:9464",job="feed"}'
RECORDER = '{instance="recorder:9465",job="recorder"}'
NOTIFIER = '{instance="notifier:9466",job="notifier"}'
TARGET = '{instance="notifier:9466",job="notifier",target="1 JSON"}'
FLOWER = '{instance="flower:5555",job="flower"}'
WORKER = 'flower_worker_online{instance="flower:5555",job="flower",worker="aggs@a"}'
#: When what fires is looked at.
END = "25m"

OPEN = {"lba_market_open" + GATEWAY: "1x300"}
CLOSED = {"lba_market_open" + GATEWAY: "0x300"}


def bucket(bound: str) -> str:
    return f'lba_lag_seconds_bucket{{instance="web:8000",job="web",le="{bound}"}}'


def of_gateway(name: str, values: str) -> Series:
    return {name + GATEWAY: values}


def of_feed(name: str, values: str) -> Series:
    return {name + FEED: values}


def of_recorder(name: str, values: str) -> Series:
    return {name + RECORDER: values}


def of_target(name: str, values: str) -> Series:
    return {name + TARGET: values}


#: By alarm: what makes it fire, and what looks like it and does not. Each line is one test.
FIRES: list[tuple[str, Series]] = [
    ("GatewayDown", of_gateway("up", "1x290 0x10")),
    ("GatewayDown", {}),
    ("RedisDown", of_gateway("lba_redis_up", "1x295 0x5")),
    ("BrokerDown", of_gateway("lba_broker_up", "1x295 0x5")),
    ("WorkersGone", of_gateway("lba_workers", "4x295 0x5")),
    ("ClockStopped", of_gateway("lba_clock_age_seconds", "0x290 0+5x9")),
    (
        "SnapshotsStopped",
        of_gateway("lba_snapshot_age_seconds", "0x285 0+5x14") | of_gateway("lba_applied_total", "0+500x300"),
    ),
    (
        "SnapshotsSlow",
        of_gateway("lba_published_total", "0+4x300") | of_gateway("lba_applied_total", "0+500x300"),
    ),
    (
        "ScreensStopped",
        of_gateway("lba_screens_age_seconds", "0x285 0+5x14") | of_gateway("lba_clock_age_seconds", "1x300"),
    ),
    ("QueueDeep", of_gateway("lba_queue_waiting", "10x290 6000x9")),
    (
        "QueueStuck",
        of_gateway("lba_queue_waiting", "0x280 1x19") | of_gateway("lba_processed_total", "0+500x280 140000x19"),
    ),
    (
        "InFlightStuck",
        of_gateway("lba_queue_unacked", "500x299") | of_gateway("lba_processed_total", "0+500x270 135000x29"),
    ),
    ("NoBars", of_gateway("lba_processed_total", "0+500x270 135000x29") | OPEN),
    (
        "BarsLate",
        of_gateway("lba_lag_seconds_sum", "0+4000x300") | of_gateway("lba_lag_seconds_count", "0+500x300") | OPEN,
    ),
    ("SlowestBarsLate", {bucket("1"): "0+450x300", bucket("30"): "0+500x300", bucket("+Inf"): "0+500x300"} | OPEN),
    ("StaleBars", of_gateway("lba_stale_total", "0+20x300") | of_gateway("lba_processed_total", "0+500x300")),
    ("LateBars", of_gateway("lba_late_total", "0+1x300")),
    ("EarlyBars", of_gateway("lba_early_total", "0x290 1x9")),
    ("BarsConflated", of_gateway("lba_folded_total", "0x290 500x9")),
    ("SymbolsNearBound", of_gateway("lba_symbols", "40001x300")),
    ("SymbolsRefused", of_gateway("lba_symbols_refused_total", "0x290 1x9")),
    ("DeadLetters", {REFUSED: "3x290 4x9"}),
    ("DeadLetterFlood", of_gateway("lba_dead_total", "0+500x300")),
    (
        "RedisMemoryHigh",
        {"lba_redis_memory_bytes" + BOARDS: "17e8x300", "lba_redis_memory_limit_bytes" + BOARDS: "2e9x300"},
    ),
    ("RedisBusy", {"lba_redis_cpu_seconds_total" + BOARDS: "0+4.5x300"}),
    ("SubscriptionDown", of_gateway("gateway_subscription_up", "1x295 0x5")),
    ("GatewayErrors", of_gateway("gateway_errors_total", "0x290 1x9")),
    ("ConnectionsHigh", of_gateway("gateway_connections", "5001x300")),
    ("ConnectionsRefused", of_gateway("gateway_refused_total", "0x290 1x9")),
    ("RequestsOverdue", of_gateway("gateway_overdue_total", "0+10x300")),
    ("WrongKeys", of_gateway("gateway_wrong_keys_total", "0x290 60x9")),
    ("ClientsOverBudget", of_gateway("gateway_over_budget_total", "0x290 1x9")),
    ("ClientsSlow", of_gateway("gateway_conflated_total", "0+1000x300")),
    ("ClientsDropped", of_gateway("gateway_dropped_total", "0x290 20x9")),
    ("RecorderDown", of_recorder("up", "1x280 0x19")),
    ("RecordingFails", of_recorder("lba_recorder_failures_total", "0x285 0+1x14")),
    ("RecordingLate", of_recorder("lba_recorder_age_seconds", "3x280 0+6x19")),
    ("HistoryGap", of_recorder("lba_recorder_gaps_total", "0x295 1x5")),
    ("HistoryGap", of_recorder("lba_recorder_gaps_total", "_x290 1x9")),
    ("NotifierDown", {"up" + NOTIFIER: "1x280 0x19"}),
    ("AlertsUndelivered", of_target("lba_notifier_age_seconds", "0x270 0+5x29")),
    # Alerts that were too old to be sent, after which none waits.
    (
        "AlertsUndelivered",
        of_target("lba_notifier_expired_total", "0x280 4x19") | of_target("lba_notifier_age_seconds", "0x300"),
    ),
    ("FeedDown", of_feed("up", "1x280 0x19")),
    ("FeedDisconnected", of_feed("lba_feed_connected", "1x290 0x9") | OPEN),
    ("FeedLate", of_feed("lba_feed_lag_seconds", "1x290 5+5x9") | OPEN),
    ("FeedBacklog", of_feed("lba_feed_pending", "100001x300")),
    ("FeedLosses", of_feed("lba_feed_losses_total", "0x290 1x9") | OPEN),
    # With MARKET_CLOCK=events nobody knows the hours.
    ("FeedLosses", of_feed("lba_feed_losses_total", "0x290 1x9")),
    ("FlowerDown", {"up" + FLOWER: "1x280 0x19"}),
    ("FlowerWorkerOffline", {WORKER: "1x150 0x149"}),
]

QUIET: list[tuple[str, Series]] = [
    # A scrape that is missed.
    ("GatewayDown", of_gateway("up", "1x280 0 1x19")),
    # Another gateway answers, of which the metrics of the cluster are as good.
    ("WorkersGone", of_gateway("lba_workers", "0x300") | {"lba_workers" + OTHER_GATEWAY: "1x300"}),
    # One question that nobody answered in time.
    ("WorkersGone", of_gateway("lba_workers", "1x280 0x1 1x19")),
    ("RedisDown", of_gateway("lba_redis_up", "1x280 0 1x19")),
    ("BrokerDown", of_gateway("lba_broker_up", "1x280 0 1x19")),
    ("ClockStopped", of_gateway("lba_clock_age_seconds", "0.5x280 3 0.5x19")),
    # Night: the last bar has come, and with it the last snapshot.
    (
        "SnapshotsStopped",
        of_gateway("lba_snapshot_age_seconds", "0x200 0+5x99")
        | of_gateway("lba_applied_total", "0+500x200 100000x99"),
    ),
    # The first hours: a bar a minute, and a snapshot after each.
    (
        "SnapshotsStopped",
        of_gateway("lba_snapshot_age_seconds", " ".join(["0+5x11"] * 25))
        | of_gateway("lba_applied_total", " ".join(f"{n}x11" for n in range(25))),
    ),
    # A bar every ten seconds, seen before its snapshot.
    (
        "SnapshotsStopped",
        of_gateway("lba_snapshot_age_seconds", " ".join(["5 9.9"] * 150))
        | of_gateway("lba_applied_total", " ".join(f"{n} {n + 1}" for n in range(150))),
    ),
    ("SnapshotsSlow", of_gateway("lba_published_total", "0+5x300") | of_gateway("lba_applied_total", "0+500x300")),
    # Bars of minutes: they come within five seconds, and so do snapshots.
    (
        "SnapshotsSlow",
        of_gateway("lba_published_total", " ".join(f"{n * 5}x11" for n in range(25)))
        | of_gateway("lba_applied_total", " ".join(f"{n * 11_000}x11" for n in range(25))),
    ),
    # Where bars are few, snapshots are.
    ("SnapshotsSlow", of_gateway("lba_published_total", "0+1x300") | of_gateway("lba_applied_total", "0+1x300")),
    # Nobody publishes at all, of which another alarm tells.
    (
        "ScreensStopped",
        of_gateway("lba_screens_age_seconds", "0x200 0+5x99")
        | of_gateway("lba_clock_age_seconds", "0x200 0+5x99"),
    ),
    # Twenty seconds at the open.
    ("QueueDeep", of_gateway("lba_queue_waiting", "10x200 19000x3 10x95")),
    # One bar is there whenever somebody looks, and it is another one each time.
    ("QueueStuck", of_gateway("lba_queue_waiting", "1x300") | of_gateway("lba_processed_total", "0+1x300")),
    # No bars at all.
    ("QueueStuck", of_gateway("lba_queue_waiting", "0x300") | of_gateway("lba_processed_total", "5x300")),
    # Snapshots, and nothing else, at night.
    ("InFlightStuck", of_gateway("lba_queue_unacked", "1x300") | of_gateway("lba_processed_total", "5x300")),
    ("InFlightStuck", of_gateway("lba_queue_unacked", "900x300") | of_gateway("lba_processed_total", "0+500x300")),
    ("NoBars", of_gateway("lba_processed_total", "5x300") | CLOSED),
    # With MARKET_CLOCK=events nobody knows the hours.
    ("NoBars", of_gateway("lba_processed_total", "5x300")),
    # The first quarter of an hour of the day, with a feed that is as late.
    (
        "NoBars",
        of_gateway("lba_processed_total", "5x280 5+500x19") | of_gateway("lba_market_open", "0x100 1x199"),
    ),
    # A replay, or a made-up market.
    (
        "BarsLate",
        of_gateway("lba_lag_seconds_sum", "0+450200x300") | of_gateway("lba_lag_seconds_count", "0+500x300"),
    ),
    ("BarsLate", of_gateway("lba_lag_seconds_sum", "0x300") | of_gateway("lba_lag_seconds_count", "0x300") | OPEN),
    ("SlowestBarsLate", {bucket("1"): "0+500x300", bucket("30"): "0+500x300", bucket("+Inf"): "0+500x300"} | OPEN),
    ("SlowestBarsLate", {bucket("1"): "0+450x300", bucket("30"): "0+500x300", bucket("+Inf"): "0+500x300"}),
    ("StaleBars", of_gateway("lba_stale_total", "0+1x300") | of_gateway("lba_processed_total", "0+500x300")),
    ("StaleBars", of_gateway("lba_stale_total", "5x300") | of_gateway("lba_processed_total", "500x300")),
    # A few of them, once.
    ("LateBars", of_gateway("lba_late_total", "0x200 7x99")),
    ("EarlyBars", of_gateway("lba_early_total", "7x300")),
    ("BarsConflated", of_gateway("lba_folded_total", "7x300")),
    ("SymbolsNearBound", of_gateway("lba_symbols", "11000x300")),
    ("SymbolsRefused", of_gateway("lba_symbols_refused_total", "7x300")),
    # Letters of last week.
    ("DeadLetters", {REFUSED: "7x300"}),
    ("DeadLetterFlood", of_gateway("lba_dead_total", "0+5x300")),
    (
        "RedisMemoryHigh",
        {"lba_redis_memory_bytes" + BOARDS: "1e9x300", "lba_redis_memory_limit_bytes" + BOARDS: "2e9x300"},
    ),
    # No limit.
    (
        "RedisMemoryHigh",
        {"lba_redis_memory_bytes" + BOARDS: "1e9x300", "lba_redis_memory_limit_bytes" + BOARDS: "0x300"},
    ),
    ("RedisBusy", {"lba_redis_cpu_seconds_total" + BOARDS: "0+2.5x300"}),
    ("SubscriptionDown", of_gateway("gateway_subscription_up", "1x280 0 1x19")),
    ("GatewayErrors", of_gateway("gateway_errors_total", "1x300")),
    ("ConnectionsHigh", of_gateway("gateway_connections", "5000x300")),
    ("ConnectionsRefused", of_gateway("gateway_refused_total", "1x300")),
    ("RequestsOverdue", of_gateway("gateway_overdue_total", "0+1x300")),
    ("WrongKeys", of_gateway("gateway_wrong_keys_total", "0x290 9x9")),
    ("ClientsOverBudget", of_gateway("gateway_over_budget_total", "1x300")),
    ("ClientsSlow", of_gateway("gateway_conflated_total", "0+10x300")),
    ("ClientsDropped", of_gateway("gateway_dropped_total", "0x290 2x9")),
    ("RecorderDown", of_recorder("up", "1x280 0x5 1x9")),
    ("RecordingFails", of_recorder("lba_recorder_failures_total", "0x285 2x15")),
    ("RecordingLate", of_recorder("lba_recorder_age_seconds", "0x280 70x3 5x15")),
    ("HistoryGap", of_recorder("lba_recorder_gaps_total", "0x300")),
    ("NotifierDown", {"up" + NOTIFIER: "1x280 0x5 1x9"}),
    # There is none: ALERT_URLS is unset.
    ("NotifierDown", {"up" + NOTIFIER: "0x300"}),
    # A service that is away for half a minute, and was so an hour ago for longer.
    ("AlertsUndelivered", of_target("lba_notifier_age_seconds", "0x280 0+5x6 0x12")),
    ("AlertsUndelivered", of_target("lba_notifier_expired_total", "4x300")),
    ("FeedDown", of_feed("up", "1x280 0x5 1x9")),
    ("FeedDisconnected", of_feed("lba_feed_connected", "0x300") | CLOSED),
    ("FeedDisconnected", of_feed("lba_feed_connected", "1x280 0x3 1x15") | OPEN),
    ("FeedLate", of_feed("lba_feed_lag_seconds", "0+5x300") | CLOSED),
    ("FeedLate", of_feed("lba_feed_lag_seconds", "3x300") | OPEN),
    ("FeedBacklog", of_feed("lba_feed_pending", "99999x300")),
    ("FeedLosses", of_feed("lba_feed_losses_total", "3x300")),
    # The service closes connections at night.
    ("FeedLosses", of_feed("lba_feed_losses_total", "0x290 1x9") | CLOSED),
    ("FlowerDown", {"up" + FLOWER: "1x280 0x5 1x9"}),
    # A restart.
    ("FlowerWorkerOffline", {WORKER: "1x150 0x50 1x98"}),
]

#: The cluster at 09:30: thirty bars a second, then for half a minute more than workers can take, then thousands.
NINE_THIRTY: Series = {
    **of_gateway("up", "1x300"),
    **of_gateway("lba_redis_up", "1x300"),
    **of_gateway("lba_broker_up", "1x300"),
    **of_gateway("lba_workers", "4x300"),
    **of_gateway("lba_clock_age_seconds", "0.5x300"),
    **of_gateway("lba_snapshot_age_seconds", "0.8x200 1.9x5 0.8x93"),
    **of_gateway("lba_published_total", "0+5x300"),
    **of_gateway("lba_processed_total", "0+150x200 30000+60000x6 450000+40000x92"),
    **of_gateway("lba_applied_total", "0+150x200 30000+60000x6 450000+40000x92"),
    **of_gateway("lba_queue_waiting", "2x200 9000 19000x3 4000 50x93"),
    **of_gateway("lba_queue_unacked", "40x200 20000x5 500x93"),
    **of_gateway("lba_lag_seconds_sum", "0+50x200 10000+120000x6 850000+15000x92"),
    **of_gateway("lba_lag_seconds_count", "0+150x200 30000+60000x6 450000+40000x92"),
    bucket("1"): "0+150x200 30000+6000x6 72000+40000x92",
    bucket("5"): "0+150x200 30000+60000x6 450000+40000x92",
    bucket("+Inf"): "0+150x200 30000+60000x6 450000+40000x92",
    "lba_redis_cpu_seconds_total" + BOARDS: "0+0.5x200 100+4.9x6 132+3x92",
    **of_gateway("gateway_conflated_total", "0x200 0+2000x6 14000x92"),
    **of_feed("up", "1x300"),
    **of_feed("lba_feed_connected", "1x300"),
    **of_feed("lba_feed_lag_seconds", "0.6x200 3x5 0.8x93"),
    **of_feed("lba_feed_pending", "20x200 30000x5 20x93"),
    "up" + FLOWER: "1x300",
    **OPEN,
}


def case(name: str, series: Series, firing: str, expected: list[str]) -> dict[str, Any]:
    """A test of promtool's.

    Args:
        name: what promtool calls it if it fails.
        series: samples by series.
        firing: PromQL that gives alarms.
        expected: names of the alarms that it gives at the end.
    """
    return {
        "name": name,
        "interval": "5s",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f"group by (alertname) ({firing})",
                "eval_time": END,
                "exp_samples": [{"labels": f'{{alertname="{alarm}"}}', "value": 1} for alarm in expected],
            }
        ],
    }


def judge(folder: Path, rules: Sequence[Path], *cases: dict[str, Any]) -> None:
    """Have promtool run tests of some rule files.

    Raises:
        AssertionError: some fail; the text says which.
    """
    file = folder / "tests.json"
    # JSON is YAML.
    file.write_text(json.dumps({"rule_files": [*map(str, rules)], "evaluation_interval": "5s", "tests": cases}))
    judged = subprocess.run(
        ["promtool", "test", "rules", file], capture_output=True, text=True, timeout=120, check=False
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr


def rule_alone(name: str, folder: Path) -> Path:
    """A rule file with one alarm of ours: with all of them each case would take seconds."""
    [rule] = (
        rule
        for file in FILES
        for group in YAML(typ="safe").load(file)["groups"]
        for rule in group["rules"]
        if rule["alert"] == name
    )
    file = folder / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "alone", "rules": [rule]}]}))
    return file


@pytest.mark.slow
@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_fires_when_it_should(name: str, tmp_path: Path) -> None:
    """Given what an alarm is for, it fires at the end; given what only looks like it, it has fired at no time."""
    at_the_end = f'ALERTS{{alertname="{name}",alertstate="firing"}}'
    at_any_time = f"last_over_time({at_the_end}[{END}])"
    fires = [case(f"{name} fires", series, at_the_end, [name]) for of, series in FIRES if of == name]
    quiet = [case(f"{name} is quiet", series, at_any_time, []) for of, series in QUIET if of == name]
    assert fires
    assert quiet

    judge(tmp_path, [rule_alone(name, tmp_path)], *fires, *quiet)


@pytest.mark.slow
def test_no_alarm_at_the_open(tmp_path: Path) -> None:
    """Given a cluster that carries the open, when bars become a thousand times as many, then no alarm fires."""
    judge(tmp_path, FILES, case("09:30", NINE_THIRTY, f'last_over_time(ALERTS{{alertstate="firing"}}[{END}])', []))


@pytest.mark.slow
def test_what_fires_is_noticed(tmp_path: Path) -> None:
    """Given the same with no worker, when it is judged, then the alarm is named."""
    series = NINE_THIRTY | of_gateway("lba_workers", "0x300")

    with pytest.raises(AssertionError, match="WorkersGone"):
        judge(tmp_path, FILES, case("09:30", series, f'last_over_time(ALERTS{{alertstate="firing"}}[{END}])', []))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_rules_are_valid(file: Path) -> None:
    """Given a file of rules, when promtool lints it, then it finds nothing."""
    checked = subprocess.run(
        ["promtool", "check", "rules", "--lint=all", "--lint-fatal", file],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_what_people_need(name: str) -> None:
    """Given an alarm, then it says what is wrong, what would be normal, what to do, and links to its heading."""
    told = ALARMS[name].annotations

    assert told.keys() == {"summary", "description", "runbook_url", "normal", "action"}
    assert told["runbook_url"] == f"{{{{ $externalLabels.runbook }}}}#{name.lower()}"
    assert ALARMS[name].severity in ("critical", "warning")
