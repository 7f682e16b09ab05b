"""What the test scripts share: checks that are counted, processes that are stopped, requests, and a Prometheus.

Everything listens on 127.0.0.1, on free ports, and is stopped by process id.
"""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
EXAMPLES = TARGET / "release" / "examples"
DEADLINE = 60.0

passed = failed = 0


def check(what, holds, seen=""):
    global passed, failed
    if holds:
        passed += 1
        print(f"ok      {what}")
    else:
        failed += 1
        print(f"FAILED  {what}: {seen}")


def poll(what, probe):
    """Asks until there is an answer; never longer than the deadline."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            answer = probe()
            if answer:
                return answer
        time.sleep(0.05)
    raise SystemExit(f"gave up after {DEADLINE:.0f} s: {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, path, method="GET", body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


@contextlib.contextmanager
def running(command, **options):
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def series(text):
    return {
        name: float(value)
        for name, value in (
            line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#")
        )
    }


def summary():
    """Prints how many checks passed, and returns the exit code."""
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


@contextlib.contextmanager
def prometheus(directory, config):
    """Runs a Prometheus with this configuration; gives its port."""
    port = free_port()
    file = directory / "prometheus.yml"
    file.write_text(config)
    command = [
        "prometheus",
        f"--config.file={file}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage,native-histograms",
    ]
    with (directory / "prometheus.log").open("w") as log, running(command, stdout=log, stderr=log):
        yield port


def scraped(prometheus_port, job):
    """A job's target, once it was scraped."""

    def target():
        status, _, body = ask(prometheus_port, "/api/v1/targets")
        if status != 200:
            return None  # It listens before it is ready.
        targets = json.loads(body)["data"]["activeTargets"]
        return next((t for t in targets if t["scrapePool"] == job and t["health"] != "unknown"), None)

    return poll(f"the first scrape of {job}", target)


def query(port, expression):
    answer = ask(port, "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))[2]
    result = json.loads(answer)["data"]["result"]
    return float(result[0]["value"][1]) if result else None
