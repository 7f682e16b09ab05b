#!/usr/bin/env python3
"""Loads a bare server and ours with wrk, one worker, in turns.

Prints throughput, processor time per request and p99, the first two as ratios to the bare server of the same round. A
round's servers take turns of some tenths of a second, for on a shared host a processor's speed changes from one second
to the next. Every round starts them anew: where a process lies in memory moves its figures, too.
"""

import argparse
import contextlib
import http.client
import math
import operator
import os
import pathlib
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
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
    "ours, literal label, CatchAll": (3, False),
    "ours, matched template, CatchAll": (4, False),
    "bare, scraped": (0, True),
    "ours, literal label, scraped": (1, True),
}
TENTH = 0.1
TENTHS_OF_A_SLICE = 2
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def sleep_until(due):
    time.sleep(max(0, due - time.monotonic()))


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
            self.process.wait()


class Scraper:
    """Asks for /metrics over a connection of its own."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)

    def scrape(self):
        self.connection.request("GET", "/metrics", headers=SCRAPE_HEADERS)
        response = self.connection.getresponse()
        assert response.status == 200, response.status
        response.read()


class Wrk:
    def __init__(self, server, connections, duration):
        # Longer than any pause between two slices.
        patience = ["--timeout", "10s"]
        command = ["wrk", "-t1", f"-c{connections}", f"-d{duration}", *patience, "--latency"]
        self.process = subprocess.Popen([*command, server.url("/items/42")], stdout=subprocess.PIPE, text=True)

    def output(self, timeout=10):
        output = self.process.communicate(timeout=timeout)[0]
        if "Non-2xx" in output or "Socket errors" in output:
            sys.exit(output)
        return output

    def interrupt(self):
        """Only wrk's first thread heeds the signal: where another takes it, it is sent again."""
        for _ in range(20):
            self.process.send_signal(signal.SIGINT)
            try:
                return self.output(timeout=0.5)
            except subprocess.TimeoutExpired:
                pass
        sys.exit("wrk does not stop")

    def stop(self):
        self.process.kill()
        self.process.wait()


class Slices:
    """A load that is there only in its slices of time, to count requests and the server's processor time."""

    def __init__(self, server, connections, scraped):
        self.server = server
        self.scraper = Scraper(server) if scraped else None
        self.wrk = Wrk(server, connections, "1h")
        self.wrk.process.send_signal(signal.SIGSTOP)
        self.seconds = 0.0
        self.cpu_seconds = 0.0

    @contextlib.contextmanager
    def measured(self):
        cpu, begun = self.server.cpu_seconds(), time.monotonic()
        yield begun
        self.seconds += time.monotonic() - begun
        # What was sent is still answered.
        time.sleep(0.001)
        self.cpu_seconds += self.server.cpu_seconds() - cpu

    def run(self):
        with self.measured() as begun:
            self.wrk.process.send_signal(signal.SIGCONT)
            for tenth in range(TENTHS_OF_A_SLICE):
                sleep_until(begun + TENTH * (tenth + 0.5))
                if self.scraper:
                    self.scraper.scrape()
            sleep_until(begun + TENTH * TENTHS_OF_A_SLICE)
            self.wrk.process.send_signal(signal.SIGSTOP)

    def result(self):
        """After one more slice, for wrk checks only ten times a second whether it is to stop."""
        with self.measured() as begun:
            self.wrk.process.send_signal(signal.SIGCONT)
            sleep_until(begun + TENTH / 2)
            if self.scraper:
                self.scraper.scrape()
            output = self.wrk.interrupt()
        requests = int(re.search(r"(\d+) requests in", output)[1])
        return {"throughput": requests / self.seconds, "cpu": self.cpu_seconds / requests * 1e6}

    def stop(self):
        self.wrk.stop()


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


def p99(server, connections, scraped):
    """In milliseconds, in a second without turns."""
    scraper = Scraper(server)
    wrk = Wrk(server, connections, "1s")
    due = time.monotonic()
    while wrk.process.poll() is None:
        if scraped:
            scraper.scrape()
        due += TENTH
        sleep_until(due)
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", wrk.output()).groups()
    return float(value) * UNITS[unit]


def warm_up(server, arguments):
    hit_all(server, arguments.handlers)
    p99(server, arguments.connections, scraped=True)


def in_any_order():
    return random.sample(list(WAYS), len(WAYS))


def measure_once(arguments, server_pin):
    """The figures of each way, on servers started anew."""
    servers, loads = {}, {}
    with contextlib.ExitStack() as started:
        for name in in_any_order():
            way, scraped = WAYS[name]
            own = name.removesuffix(SCRAPED)
            if own not in servers:
                servers[own] = Server(["--way", str(way)], arguments.handlers, server_pin)
                started.callback(servers[own].stop)
                warm_up(servers[own], arguments)
            servers[name] = servers[own]
            loads[name] = Slices(servers[name], arguments.connections, scraped)
            started.callback(loads[name].stop)
        for _ in range(arguments.slices):
            for name in in_any_order():
                loads[name].run()
        results = {name: load.result() for name, load in loads.items()}
        for name in in_any_order():
            results[name]["p99"] = p99(servers[name], arguments.connections, WAYS[name][1])
        return results


def interval(values, form):
    """Where the median lies at 95 %, by order statistics."""
    reach = 0.98 * math.sqrt(len(values))
    middle = (len(values) - 1) / 2
    low, high = max(0, math.floor(middle - reach)), min(len(values) - 1, math.ceil(middle + reach))
    ordered = sorted(values)
    return f"{ordered[low]:{form}} to {ordered[high]:{form}}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--slices", type=int, default=8)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--handlers", type=int, default=1000)
    arguments = parser.parse_args()
    rounds = arguments.rounds or (3 if arguments.quick else 36)

    # The server has a processor of its own; wrk and the scraper share another.
    server_pin = []
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) > 1:
        os.sched_setaffinity(0, processors[1:2])
        server_pin = ["taskset", "-c", str(processors[0])]

    # Terminated, it still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    awake = Awake(processors)
    try:
        results = [measure_once(arguments, server_pin) for _ in range(rounds)]
    finally:
        awake.stop()

    print(f"### End to end ({rounds} rounds of {arguments.slices} slices, {arguments.connections} connections, "
          f"one worker, {arguments.handlers} handlers)\n")
    print("| | requests/s | of bare | at 95 % | CPU per request, µs | of bare | at 95 % | p99, ms | above bare, ms | at 95 % |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name in WAYS:
        print(row(results, name, "bare"))
    print()
    print("| scraped, against the scraped bare server | | of it | | | of it | | | above it, ms | |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    print(row(results, "ours, literal label, scraped", "bare, scraped"))
    print()


def row(results, name, base):
    """What a way shows, and beside another of the same round."""
    cells = [name]
    for key, form, combine, combined_form in [
        ("throughput", ".0f", operator.truediv, ".3f"),
        ("cpu", ".2f", operator.truediv, ".3f"),
        ("p99", ".3f", operator.sub, "+.3f"),
    ]:
        cells.append(f"{statistics.median(each[name][key] for each in results):{form}}")
        if name == base:
            cells += ["", ""]
        else:
            beside = [combine(each[name][key], each[base][key]) for each in results]
            cells += [f"{statistics.median(beside):{combined_form}}", interval(beside, combined_form)]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
