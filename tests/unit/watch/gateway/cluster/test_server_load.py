"""What a server tells of itself: all, some or nothing."""

from redis.exceptions import NoPermissionError

from watch.gateway.cluster.server_load import ServerLoad


def test_what_a_server_tells_is_read() -> None:
    memory = {"used_memory": 2_000, "used_memory_human": "2K", "maxmemory": 0}
    main_thread = {"used_cpu_sys_main_thread": 1.5, "used_cpu_user_main_thread": 2}
    cpu = {"used_cpu_sys": 1.75, "used_cpu_user": 2.5} | main_thread

    load = ServerLoad.parse([memory, cpu, {"connected_clients": 7}])

    assert load == ServerLoad(memory=2_000, memory_limit=0, cpu=3.5, clients=7)


def test_what_a_server_leaves_out_is_unknown() -> None:
    # Given a server of another make: no limit, half of the CPU time, text for a number
    load = ServerLoad.parse([{"used_memory": 2_000}, {"used_cpu_sys": 1.5}, {"connected_clients": "many"}])

    assert load == ServerLoad(memory=2_000)


def test_without_its_main_thread_the_whole_servers_cpu_time_counts() -> None:
    assert ServerLoad.parse([{"used_cpu_sys": 1.5, "used_cpu_user": 2}]) == ServerLoad(cpu=3.5)


def test_a_refusal_leaves_what_else_is_told() -> None:
    load = ServerLoad.parse([NoPermissionError("no permissions"), {}, {"connected_clients": 7}])

    assert load == ServerLoad(clients=7, refusal="INFO: no permissions")
