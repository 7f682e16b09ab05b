#!/usr/bin/env python3
"""Loads a bare server and ours with wrk, one worker, in interleaved rounds.

Prints throughput, CPU time per request and p99 as ratios to the bare server of the same round. Every round starts its
servers anew: where a process lies in memory moves its figures by more than the differences sought.
"""

import argparse
import http.client
import os
import pathlib
import random
import re
import socket
import statistics
import subprocess
import sys
import threading
import time

SERVER = pathlib.Path(__file__).resolve().parent.parent / "target" / "release" / "server"
# As Prometheus asks.
SCRAPE_HEADERS = {
    "Accept": "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "Accept-Encoding": "gzip",
}
SCRAPED = ", scraped"
# The server's `--way`, and whether it is scraped meanwhile.
WAYS = {
    "bare": (0, False),
    "bare again": (0, False),
    "ours, literal label": (1, False),
    "ours, matched template": (2, False),
    "bare, scraped": (0, True),
    "ours, literal label, scraped": (1, True),
}
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Awake:
    """Keeps processors from halting, with a loop that gives way to everything else.

    Under a hypervisor a halted processor is woken by the host, when and at what cost the host likes: a closed loop of
    clients and server halts thousands of times a second, and on a busy host one second then differs from the next by a
    quarter.
    """

    LOOP = (
        "import os, sys\n"
        "os.sched_setaffinity(0, [int(sys.argv[1])])\n"
        "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\n"
        "parent = os.getppid()\n"
        "while os.getppid() == parent:\n"
        "    for _ in range(10_000_000): pass\n"
    )

    def __init__(self, processors):
        self.loops = [subprocess.Popen([sys.executable, "-c", self.LOOP, str(p)]) for p in processors]

    def stop(self):
        for loop in self.loops:
            loop.kill()
            loop.wait()


class Server:
    def __init__(self, flags, handlers, pin):
        self.port = free_port()
        command = [*pin, str(SERVER), "--port", str(self.port), "--handlers", str(handlers), *flags]
        self.process = subprocess.Popen(command)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise SystemExit("the server did not start")

    def cpu_seconds(self):
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Scraper(threading.Thread):
    """Asks for /metrics ten times a second, over one connection."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.over = threading.Event()
        self.sizes = []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        due = time.monotonic()
        while not self.over.is_set():
            connection.request("GET", "/metrics", headers=SCRAPE_HEADERS)
            response = connection.getresponse()
            assert response.status == 200, response.status
            self.sizes.append(len(response.read()))
            due += 0.1
            self.over.wait(max(0, due - time.monotonic()))

    def stop(self):
        self.over.set()
        self.join()


def hit_all(server, handlers):
    """Makes every handler's series exist."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        stream = connection.makefile("rb")
        for i in range(handlers):
            connection.sendall(f"GET /r{i}/1 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert stream.readline().startswith(b"HTTP/1.1 200"), f"/r{i}/1"
            length = 0
            while (line := stream.readline()) != b"\r\n":
                name, _, value = line.decode().partition(":")
                if name.lower() == "content-length":
                    length = int(value)
            stream.read(length)


def load(server, seconds, connections, scraped):
    scraper = Scraper(server.port) if scraped else None
    if scraper:
        scraper.start()
    before = server.cpu_seconds()
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", server.url("/items/42")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    cpu = server.cpu_seconds() - before
    if scraper:
        scraper.stop()
        assert len(scraper.sizes) > 5 * seconds, f"{len(scraper.sizes)} scrapes in {seconds} s"
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(output)
    requests = int(re.search(r"(\d+) requests in", output)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", output).groups()
    return {
        "throughput": float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]),
        "cpu": cpu / requests * 1e6,
        "p99": float(value) * UNITS[unit],
    }


def measure_once(arguments, seconds, server_pin):
    """One result of each way, on servers started anew, in an order of its own."""
    servers = {}
    try:
        for name, (way, scraped) in WAYS.items():
            if not scraped:
                servers[name] = Server(["--way", str(way)], arguments.handlers, server_pin)
                hit_all(servers[name], arguments.handlers)
                load(servers[name], 1, arguments.connections, scraped=False)
        for name in random.sample(list(WAYS), len(WAYS)):
            server = servers[name.removesuffix(SCRAPED)]
            yield name, load(server, seconds, arguments.connections, WAYS[name][1])
    finally:
        for server in servers.values():
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--handlers", type=int, default=1000)
    arguments = parser.parse_args()
    rounds = arguments.rounds or (3 if arguments.quick else 15)
    seconds = arguments.seconds or (1 if arguments.quick else 3)

    # The server has a processor of its own; wrk and the scraper share another.
    server_pin = []
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) > 1:
        os.sched_setaffinity(0, processors[1:2])
        server_pin = ["taskset", "-c", str(processors[0])]

    results = {name: [] for name in WAYS}
    awake = Awake(processors)
    try:
        for _ in range(rounds):
            for name, result in measure_once(arguments, seconds, server_pin):
                results[name].append(result)
    finally:
        awake.stop()

    def column(name, key):
        return statistics.median(result[key] for result in results[name])

    def paired(name, combine, key):
        return statistics.median(
            combine(own[key], bare[key]) for own, bare in zip(results[name], results["bare"])
        )

    print(f"### End to end ({rounds} rounds of {seconds} s, {arguments.connections} connections, "
          f"one worker, {arguments.handlers} handlers)\n")
    print("| | requests/s | of bare | CPU per request, µs | of bare | p99, ms | above bare, ms |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name in WAYS:
        row = f"| {name} | {column(name, 'throughput'):.0f} | "
        bare = name == "bare"
        row += "" if bare else f"{paired(name, lambda a, b: a / b, 'throughput'):.3f}"
        row += f" | {column(name, 'cpu'):.2f} | "
        row += "" if bare else f"{paired(name, lambda a, b: a / b, 'cpu'):.3f}"
        row += f" | {column(name, 'p99'):.3f} | "
        row += "" if bare else f"{paired(name, lambda a, b: a - b, 'p99'):+.3f}"
        print(row + " |")
    print()


if __name__ == "__main__":
    main()
