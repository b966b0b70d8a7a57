"""What the dashboard shows: each panel, with its queries and the alarms that watch it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from config.celery import AGGS, CLOCK, REFERENCE
from deploy.monitoring.alarms import ALARMS, Alarm

# Units, by Grafana's names.
NUMBER, SECONDS, BYTES, BYTES_RATE, SHARE = "short", "s", "bytes", "Bps", "percentunit"
BARS, EVENTS = "suffix: bars/s", "suffix: /s"


@dataclass(frozen=True)
class Panel:
    """Lines over time.

    Attributes:
        title: its own on the dashboard.
        about: what a stranger has to know of it.
        queries: PromQL by legend; ``{{label}}`` in a legend is a label's value.
        unit: Grafana's.
        line: the alarm whose threshold is drawn.
        alarms: others that watch it.
        stacked: whether the lines add up to a whole.
        heat: whether it is a heat map of a histogram instead, in `unit`.
    """

    title: str
    about: str
    queries: Mapping[str, str]
    unit: str = NUMBER
    line: str | None = None
    alarms: Sequence[str] = ()
    stacked: bool = False
    heat: bool = False

    @property
    def description(self) -> str:
        """What it shows, and when its alarms fire."""
        names = [self.line, *self.alarms] if self.line else self.alarms
        alarms = [f"Alarm {name}: {_sentence(ALARMS[name])}." for name in names]
        return "\n\n".join([self.about, *alarms])


def _sentence(alarm: Alarm) -> str:
    return f"{alarm.annotations['summary']}. {alarm.condition}"


def _rate(name: str, labels: str = "") -> str:
    """What a counter of the cluster rises by in a second. Each gateway serves the same one."""
    return f"max(rate({name}{labels}[$__rate_interval]))"


def _by(label: str, name: str, labels: str = "") -> str:
    return f"max by ({label}) (rate({name}{labels}[$__rate_interval]))"


_P50, _P99 = (
    f"histogram_quantile({share}, max by (le) (rate(lba_lag_seconds_bucket[$__rate_interval])))"
    for share in (0.5, 0.99)
)
_MEAN_LAG = f"{_rate('lba_lag_seconds_sum')} / {_rate('lba_lag_seconds_count')}"
_FLOWERS_BARS = 'flower_events_total{task="tasks.process_agg",type=~"task-succeeded|task-failed"}'

#: Figures at a glance, at the top. Red is what an alarm fires on.
GLANCE = (
    Panel("Bars a second", "Bars that workers process.", {"bars": _rate("lba_processed_total")}, BARS),
    Panel("Slowest bars", "99 of 100 bars are applied sooner.", {"99 %": _P99}, SECONDS, "SlowestBarsLate"),
    Panel("Queue", "Bars that wait for a worker.", {"bars": "max(lba_queue_waiting)"}, NUMBER, "QueueDeep"),
    Panel(
        "Workers", "Workers of bars that answered last.", {"workers": "max(lba_workers)"}, NUMBER, "WorkersGone"
    ),
    Panel(
        "Snapshot's age",
        "Of the newest boards that were published. It rises while no bars come.",
        {"age": "max(lba_snapshot_age_seconds)"},
        SECONDS,
    ),
    Panel(
        "Feed's lag",
        "By how much the feed that is furthest behind is late.",
        {"lag": "max(lba_feed_lag_seconds)"},
        SECONDS,
    ),
    Panel(
        "Busiest Redis",
        "CPU of the server of the boards, or of the queues. A Redis has one core.",
        {"CPU": f"max({_by('server', 'lba_redis_cpu_seconds_total')})"},
        SHARE,
        "RedisBusy",
    ),
    Panel(
        "Dead letters, last hour",
        "Bars that were refused. `python -m tasks dead list` shows them.",
        {"letters": "max(increase(lba_dead_total[1h]))"},
        NUMBER,
        "DeadLetters",
    ),
)

#: The rows of the dashboard: panels by title.
ROWS: Mapping[str, Sequence[Panel]] = {
    "Bars": (
        Panel(
            "Bars sent and processed",
            "What feeds send, and what workers process. A lasting difference is a queue that grows.",
            {
                "sent by feeds": "sum(rate(lba_feed_sent_total[$__rate_interval]))",
                "processed": _rate("lba_processed_total"),
            },
            BARS,
            alarms=["NoBars", "QueueStuck"],
        ),
        Panel(
            "What became of them",
            "Applied: changed a row. Stale: older than the row. Late: of an earlier day. Early: before their "
            "session. Conflated: left out for a newer one, by workers that are behind. Dead: refused.",
            {
                "applied": _rate("lba_applied_total"),
                "stale": _rate("lba_stale_total"),
                "late": _rate("lba_late_total"),
                "early": _rate("lba_early_total"),
                "conflated": _rate("lba_folded_total"),
                "dead": _rate("lba_dead_total"),
            },
            BARS,
            alarms=["StaleBars", "LateBars", "EarlyBars", "BarsConflated"],
            stacked=True,
        ),
        Panel(
            "Symbols of the day",
            "Symbols that have traded since 04:00.",
            {"symbols": "max(lba_symbols)"},
            NUMBER,
            "SymbolsNearBound",
            ["SymbolsRefused"],
        ),
    ),
    "Lag": (
        Panel(
            "Lag of bars",
            "From a bar's end until it was applied. A delayed feed's quarter of an hour is in it. With "
            "MARKET_CLOCK=events it compares the bars' time with the real one, and says nothing.",
            {"50 %": _P50, "99 %": _P99, "mean": _MEAN_LAG},
            SECONDS,
            "BarsLate",
            ["SlowestBarsLate"],
        ),
        Panel(
            "How many bars had which lag",
            "The brighter, the more bars a second. Rows are the buckets of the histogram.",
            {"{{le}}": "max by (le) (rate(lba_lag_seconds_bucket[$__rate_interval]))"},
            SECONDS,
            heat=True,
        ),
    ),
    "Queues": (
        Panel(
            "Bars that wait",
            "Bars in the queue. At 09:30 it may be deep for moments.",
            {"waiting": "max(lba_queue_waiting)"},
            NUMBER,
            "QueueDeep",
            ["QueueStuck"],
        ),
        Panel(
            "In flight",
            "Messages that workers have taken and not yet acknowledged.",
            {"in flight": "max(lba_queue_unacked)"},
            NUMBER,
            alarms=["InFlightStuck"],
        ),
        Panel(
            "Messages by queue",
            f"`{AGGS}`: bars. `{CLOCK}`: snapshots and resets, 0 or 1. `{REFERENCE}`: reference data.",
            {"{{queue}}": "max by (queue) (lba_queue_messages)"},
        ),
    ),
    "Publishing": (
        Panel(
            "Ages",
            "Snapshot: since boards were published. Clock: since a clock worker last came to do so. Screens: "
            "since they were brought up to date.",
            {
                "snapshot": "max(lba_snapshot_age_seconds)",
                "clock": "max(lba_clock_age_seconds)",
                "screens": "max(lba_screens_age_seconds)",
            },
            SECONDS,
            "ClockStopped",
            ["SnapshotsStopped", "ScreensStopped"],
        ),
        Panel(
            "Snapshots a second",
            "One a second while bars come.",
            {"snapshots": _rate("lba_published_total")},
            EVENTS,
            "SnapshotsSlow",
        ),
        Panel(
            "Dead letters by reason",
            "Bars that were refused. What each reason means: docs/reference/metrics.md.",
            {"{{reason}}": _by("reason", "lba_dead_by_reason_total")},
            EVENTS,
            alarms=["DeadLetters", "DeadLetterFlood"],
            stacked=True,
        ),
    ),
    "Workers": (
        Panel(
            "Workers of bars",
            "How many answered when they were asked last, every ten seconds.",
            {"workers": "max(lba_workers)"},
            NUMBER,
            "WorkersGone",
        ),
        Panel(
            "Bars by worker",
            "As Flower counts them.",
            {"{{worker}}": "sum by (worker) (rate(" + _FLOWERS_BARS + "[$__rate_interval]))"},
            BARS,
        ),
        Panel(
            "Online, as Flower sees it",
            "1 while a worker is online, clock workers and beats too.",
            {"{{worker}}": "max by (worker) (flower_worker_online)"},
            NUMBER,
            alarms=["FlowerWorkerOffline", "FlowerDown"],
        ),
    ),
    "Redis": (
        Panel(
            "CPU by server",
            "Of its one core. Where one server has both boards and queues, both lines are the same.",
            {"{{server}}": _by("server", "lba_redis_cpu_seconds_total")},
            SHARE,
            "RedisBusy",
        ),
        Panel(
            "Memory by server",
            "What it uses.",
            {"{{server}}": "max by (server) (lba_redis_memory_bytes)"},
            BYTES,
        ),
        Panel(
            "Memory of its limit",
            "What it uses of `maxmemory`. No line: it has no limit.",
            {
                "{{server}}": "max by (server) (lba_redis_memory_bytes)"
                " / (max by (server) (lba_redis_memory_limit_bytes) > 0)"
            },
            SHARE,
            "RedisMemoryHigh",
        ),
        Panel(
            "Clients, and whether it answers",
            "Connections to each server. 1 is up, as any gateway sees it.",
            {
                "{{server}} clients": "max by (server) (lba_redis_clients)",
                "boards up": "min(lba_redis_up)",
                "queues up": "min(lba_broker_up)",
            },
            NUMBER,
            alarms=["RedisDown", "BrokerDown"],
        ),
    ),
    "Feeds": (
        Panel(
            "Lag by feed",
            "By how much bars are sent too late, or for how long a whole market has been silent.",
            {"{{instance}}": "lba_feed_lag_seconds"},
            SECONDS,
            "FeedLate",
        ),
        Panel(
            "Bars pending by feed",
            "Received and not sent yet: the queue is full, or the broker slow.",
            {"{{instance}}": "lba_feed_pending"},
            NUMBER,
            "FeedBacklog",
        ),
        Panel(
            "Connected, and lost connections",
            "1 while bars can be received; and connections lost in a minute, each a gap in the bars.",
            {
                "{{instance}} connected": "lba_feed_connected",
                "{{instance}} lost": "increase(lba_feed_losses_total[1m])",
            },
            NUMBER,
            alarms=["FeedDisconnected", "FeedLosses", "FeedDown"],
        ),
    ),
    "Gateways": (
        Panel(
            "Clients and connections",
            "Clients are those of WebSockets; connections are all.",
            {"{{instance}} clients": "gateway_clients", "{{instance}} connections": "gateway_connections"},
            NUMBER,
            "ConnectionsHigh",
            ["SubscriptionDown"],
        ),
        Panel(
            "Bytes sent",
            "To WebSocket clients, after compression.",
            {"{{instance}}": "rate(gateway_sent_bytes_total[$__rate_interval])"},
            BYTES_RATE,
        ),
        Panel(
            "Messages sent",
            "To WebSocket clients.",
            {"{{instance}}": "rate(gateway_messages_total[$__rate_interval])"},
            EVENTS,
        ),
        Panel(
            "Messages conflated",
            "Replaced by newer ones, for clients that read too slowly.",
            {"{{instance}}": "rate(gateway_conflated_total[$__rate_interval])"},
            EVENTS,
            "ClientsSlow",
        ),
        Panel(
            "Turned away",
            "Refused: beyond the bounds. Overdue: no whole request in ten seconds. Wrong keys. Over budget: sent "
            "too much. Dropped: read nothing for ten seconds.",
            {
                f"{name.replace('_', ' ')}": f"sum(rate(gateway_{name}_total[$__rate_interval]))"
                for name in ("refused", "overdue", "wrong_keys", "over_budget", "dropped")
            },
            EVENTS,
            alarms=["ConnectionsRefused", "RequestsOverdue", "WrongKeys", "ClientsOverBudget", "ClientsDropped"],
        ),
        Panel(
            "Unexpected errors",
            "Of the gateway's own work. It goes on; its log has them.",
            {"{{instance}}": "rate(gateway_errors_total[$__rate_interval])"},
            EVENTS,
            alarms=["GatewayErrors"],
        ),
        Panel(
            "CPU of gateways",
            "Of one core each.",
            {"{{instance}}": 'rate(process_cpu_seconds_total{job="web"}[$__rate_interval])'},
            SHARE,
            alarms=["GatewayDown"],
        ),
    ),
    "History": (
        Panel(
            "Bars recorded",
            "Bars that the recorder has taken to disk.",
            {"{{instance}}": "rate(lba_recorder_bars_total[$__rate_interval])"},
            BARS,
            alarms=["RecorderDown"],
        ),
        Panel(
            "Not on disk yet",
            "For how long the oldest bar on the tape has waited for the recorder: some seconds.",
            {"{{instance}}": "lba_recorder_age_seconds"},
            SECONDS,
            "RecordingLate",
        ),
        Panel(
            "Bars on the tape",
            "Bars that are not on disk yet; beyond `TAPE_BOUND` the oldest go.",
            {"{{instance}}": "lba_recorder_pending"},
            NUMBER,
        ),
        Panel(
            "Recording's trouble",
            "Attempts to record that failed and are made again, and gaps in the history; in five minutes.",
            {
                "failures of {{instance}}": "increase(lba_recorder_failures_total[5m])",
                "gaps of {{instance}}": "increase(lba_recorder_gaps_total[5m])",
            },
            NUMBER,
            alarms=["RecordingFails", "HistoryGap"],
        ),
    ),
    "Notifier": (
        Panel(
            "Alerts sent",
            "Alerts that each service has taken, in five minutes.",
            {"{{target}}": "increase(lba_notifier_sent_total[5m])"},
            NUMBER,
            alarms=["NotifierDown"],
        ),
        Panel(
            "Not sent yet",
            "Seconds since the oldest alert fired that a service has not taken.",
            {"{{target}}": "lba_notifier_age_seconds"},
            SECONDS,
            "AlertsUndelivered",
        ),
        Panel(
            "Notifying's trouble",
            "Attempts that failed and are made again, and alerts that became too old to be sent; in five minutes.",
            {
                "failures of {{target}}": "increase(lba_notifier_failures_total[5m])",
                "too old for {{target}}": "increase(lba_notifier_expired_total[5m])",
            },
            NUMBER,
        ),
    ),
}
#: The table of alarms.
FIRING = 'ALERTS{alertstate="firing"}'


def expressions() -> Iterator[tuple[str, str]]:
    """Every query of the dashboard, with what it is called there."""
    yield "Alarms", FIRING
    for panel in (*GLANCE, *(panel for row in ROWS.values() for panel in row)):
        for legend, query in panel.queries.items():
            yield f"{panel.title}: {legend}", query
