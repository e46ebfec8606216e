"""How recorded-locust.csv and recorded-locust-probe.csv were made.

    pip install locust aiohttp
    python recorded-locust.py                                  # the server: one process, one thread
    locust -f recorded-locust.py --headless --host http://127.0.0.1:8089 -L WARNING
    PROBE=1 locust -f recorded-locust.py --headless --host http://127.0.0.1:8089 -L WARNING

The server works about 6 ms of CPU for a request, drawn from an exponential distribution. Under the
first load users wait for the answer and then think for 1 s on average (closed load); under PROBE
users keep a constant rate. Both write CSV to standard output: each second the requests that were
answered, the users, and the CPU time that the server's process used, from /proc/PID/schedstat. The
comments, and the last row that marks the end, were added to what they wrote.
"""

import hashlib
import os
import random
import sys
import time

PID_FILE = "recorded-locust.pid"
BLOCK = bytes(64 * 1024)


def serve():
    from aiohttp import web

    chance = random.Random(1)

    async def answer(_request):
        blocks = 1 + int(chance.expovariate(1 / BLOCKS))
        digest = hashlib.sha256()
        for _ in range(blocks):
            digest.update(BLOCK)
        return web.Response(text=digest.hexdigest())

    def blocks_in(seconds):
        start = time.process_time()
        count = 0
        digest = hashlib.sha256()
        while time.process_time() - start < 1:
            digest.update(BLOCK)
            count += 1
        return count * seconds

    BLOCKS = blocks_in(0.006)
    with open(PID_FILE, "w") as file:
        file.write(str(os.getpid()))
    app = web.Application()
    app.router.add_get("/", answer)
    web.run_app(app, host="127.0.0.1", port=8089, access_log=None)


if __name__ == "__main__":
    serve()
    sys.exit()

import gevent
from locust import HttpUser, LoadTestShape, constant_throughput, events, task

PROBE = "PROBE" in os.environ
# Until which second how many users are wanted, and how many come or go per second.
STAGES = [
    (60, 8, 8),
    (120, 20, 1),
    (240, 60, 4),
    (300, 30, 10),
    (330, 95, 30),
    (480, 95, 30),
    (540, 40, 5),
    (660, 15, 1),
    (720, 70, 70),
    (780, 8, 2),
]
PROBE_RATES = [0, 5, 10, 20, 30, 40, 60, 80, 100]
PROBE_SECONDS = 40
PROBE_SETTLE_SECONDS = 8

answered = 0


class Visitor(HttpUser):
    if PROBE:
        wait_time = constant_throughput(1)
    else:

        def wait_time(self):
            return random.expovariate(1.0)

    @task
    def visit(self):
        self.client.get("/")


class Steps(LoadTestShape):
    def tick(self):
        now = self.get_run_time()
        if PROBE:
            step = int(now // PROBE_SECONDS)
            return (PROBE_RATES[step], 50) if step < len(PROBE_RATES) else None
        for until, users, per_second in STAGES:
            if now < until:
                return users, per_second
        return None


@events.request.add_listener
def count(**_):
    global answered
    answered += 1


def cpu_seconds(pid):
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
            total += int(file.read().split()[0])
    return total / 1e9


@events.test_start.add_listener
def begin(environment, **_):
    gevent.spawn(watch_steps if PROBE else watch_seconds, environment)


def watch_seconds(environment):
    with open(PID_FILE) as file:
        pid = int(file.read())
    print("time_s,rps,active_users,server_cpu_millicores")
    start = time.monotonic()
    then, before, used = start, answered, cpu_seconds(pid)
    second = 0
    while True:
        users = environment.runner.user_count
        gevent.sleep(max(0, start + second + 1 - time.monotonic()))
        now, count_now, used_now = time.monotonic(), answered, cpu_seconds(pid)
        span = now - then
        rate = (count_now - before) / span
        print(f"{second},{rate:.4g},{users},{1000 * (used_now - used) / span:.4g}", flush=True)
        then, before, used = now, count_now, used_now
        second += 1


def watch_steps(environment):
    with open(PID_FILE) as file:
        pid = int(file.read())
    print("rps,cpu_millicores")
    start = time.monotonic()
    for step in range(len(PROBE_RATES)):
        gevent.sleep(max(0, start + step * PROBE_SECONDS + PROBE_SETTLE_SECONDS - time.monotonic()))
        then, before, used = time.monotonic(), answered, cpu_seconds(pid)
        gevent.sleep(max(0, start + (step + 1) * PROBE_SECONDS - 1 - time.monotonic()))
        span = time.monotonic() - then
        rate = (answered - before) / span
        print(f"{rate:.4g},{1000 * (cpu_seconds(pid) - used) / span:.4g}", flush=True)
