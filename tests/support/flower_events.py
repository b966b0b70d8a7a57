"""Events as workers send them."""

from typing import Any

HEARTBEAT: dict[str, Any] = {
    "type": "worker-heartbeat",
    "hostname": "honest@machine",
    "timestamp": 1_795_000_000.5,
    "utcoffset": 5,
    "clock": 17,
    "pid": 4,
    "freq": 2.0,
    "active": 1,
    "processed": 12,
    "loadavg": [0.5, 0.25, 1],
    "sw_ident": "py-celery",
    "sw_ver": "5.7.0",
    "sw_sys": "Linux",
}
STARTED: dict[str, Any] = {
    "type": "task-started",
    "hostname": "honest@machine",
    "timestamp": 1_795_000_000.5,
    "uuid": "5b7c",
    "name": "tasks.publish_snapshot",
    "retries": 0,
    "runtime": 0.5,
}
BARS: dict[str, Any] = {
    "type": "worker-bars",
    "hostname": "honest@machine",
    "timestamp": 1_795_000_000.5,
    "utcoffset": 5,
    "clock": 17,
    "pid": 4,
    "incarnation": 2**61 + 1,
    "succeeded": 1_000_000,
    "failed": 3,
    "in_flight": 500,
}
