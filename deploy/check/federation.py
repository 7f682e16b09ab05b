#!/usr/bin/env python3
"""More than one Prometheus: two replicas and a worker, scraped by a pair of servers, federated and written remotely.

    python3 federation.py [--service NAME] [--worker NAME] [...]

A third server federates both of the pair, a fourth receives what both write. Each must add up to exactly what the
processes counted, after a replica was restarted at its address and another was replaced by one at a new address.

Federated samples have timestamps of their own, and such series get no staleness marker when they end: a replaced replica
stays in instant sums for the lookback, five minutes by default. Here it is `LOOKBACK`. Recorded series, which the guide
federates, go on after a restart, and remote write passes the markers on.
Names are those of examples in cargo's target folder, built in release; a path works as well.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from harness import DEPLOY, EXAMPLES, Results, Servers, free_port, get, get_json, until

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--service", default="quickstart", help="the example that runs twice")
parser.add_argument("--worker", default="quickstart", help="the example that runs once, as the job worker")
parser.add_argument("--address-variable", default="BIND_ADDR", help="what the service reads its address from")
parser.add_argument("--worker-address-variable", default="BIND_ADDR", help="what the worker reads its address from")
parser.add_argument("--requests", default="/items/1,/fail", help="paths to request from the service")
parser.add_argument("--worker-requests", default="/items/1", help="paths to request from the worker; empty for one that works by itself")
parser.add_argument("--counter", default="http_requests_total", help="what the service counts the requests in")
parser.add_argument("--worker-counter", default="http_requests_total", help="what the worker counts in")
DEFAULTS = parser.parse_args([])

SCRAPE = "1s"
LOOKBACK = 15
RECORDED = "job:http_requests:rate5m"
PAIR = ("a", "b")


def executable(name):
    return EXAMPLES / name if "/" not in name else pathlib.Path(name).resolve()


class Process:
    """One instance of an example, and what it counted in every life it had."""

    def __init__(self, servers, job, example, variable, counter):
        self.servers, self.job, self.example, self.variable, self.counter = servers, job, example, variable, counter
        self.past = {}
        self.lives = 0
        self.start(free_port())

    def start(self, port):
        self.port = port
        self.lives += 1
        self.process = self.servers.start(
            f"{self.job}-{self.port}-{self.lives}",
            lambda: get(f"http://127.0.0.1:{port}/metrics"),
            executable(self.example),
            env={"PATH": os.environ["PATH"], self.variable: f"127.0.0.1:{port}"},
        )
        self.at_start = set(self.series())

    def restart(self, port=None):
        for labels, count in self.series().items():
            self.past[labels] = self.past.get(labels, 0) + count
        self.servers.stop(self.process)
        self.start(port or self.port)

    def series(self):
        """The counter's series of this life: labels as a selector has them, and the value."""
        text = get(f"http://127.0.0.1:{self.port}/metrics")
        return {labels: float(value) for labels, value in re.findall(rf"^{self.counter}{{(.*)}} (\S+)$", text, re.M)}

    def now(self):
        return sum(self.series().values())

    def total(self, known=None):
        """Over all lives; of some series only, if asked."""
        lives = [*self.past.items(), *self.series().items()]
        return sum(count for labels, count in lives if known is None or labels in known)

    def request(self, paths, times):
        for number in range(times):
            # A refusal is counted as well.
            with contextlib.suppress(urllib.error.HTTPError):
                get(f"http://127.0.0.1:{self.port}{paths[number % len(paths)]}")


def prometheus(servers, work, name, config, *options):
    folder = work / name
    folder.mkdir()
    (folder / "prometheus.yml").write_text(json.dumps(config))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    servers.start(
        name,
        lambda: get(address + "/-/ready"),
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        *options,
    )
    return address


def interval(**external):
    return {"scrape_interval": SCRAPE, "scrape_timeout": SCRAPE, "evaluation_interval": SCRAPE} | ({"external_labels": external} if external else {})


def targets(folder, processes):
    """Written beside and renamed, so that Prometheus never reads half of it."""
    groups = [{"targets": [f"127.0.0.1:{one.port}"], "labels": {"job": one.job}} for one in processes]
    (folder / "new.json").write_text(json.dumps(groups))
    (folder / "new.json").rename(folder / "targets.json")


def counted(address, selector):
    """What a counter rose by since it was first seen, exactly: `increase` extrapolates. Replicas of the pair are merged."""
    by_instance = {}
    for series in get_json(f"{address}/api/v1/query", query=f"{selector}[1h]")["data"]["result"]:
        labels = {name: value for name, value in series["metric"].items() if name != "replica"}
        rise, last = 0.0, 0.0
        for _, value in series["values"]:
            rise += float(value) - last if float(value) >= last else float(value)
            last = float(value)
        key = json.dumps(labels, sort_keys=True)
        by_instance.setdefault(key, []).append(rise)
    return by_instance


def value(address, query):
    result = get_json(f"{address}/api/v1/query", query=query)["data"]["result"]
    return float(result[0]["value"][1]) if len(result) == 1 else None


def origins(address):
    """The external labels that the recorded series of the service carry."""
    result = get_json(f"{address}/api/v1/query", query=f'last_over_time({RECORDED}{{job="service"}}[1m])')["data"]["result"]
    return sorted((one["metric"].get("cluster"), one["metric"].get("replica")) for one in result)


def run(results, work, options):
    with Servers(work) as servers:
        service = [Process(servers, "service", options.service, options.address_variable, options.counter) for _ in range(2)]
        worker = Process(servers, "worker", options.worker, options.worker_address_variable, options.worker_counter)
        everything = [*service, worker]
        targets(work, everything)
        receiver = prometheus(servers, work, "receiver", {"global": interval()}, "--web.enable-remote-write-receiver")
        pair = {}
        for replica in PAIR:
            pair[replica] = prometheus(
                servers,
                work,
                replica,
                {
                    "global": interval(cluster="test", replica=replica),
                    "rule_files": [str(DEPLOY / "prometheus/rules/*.yml")],
                    "scrape_configs": [{"job_name": "all", "file_sd_configs": [{"files": [str(work / "targets.json")], "refresh_interval": "1s"}]}],
                    "remote_write": [{"url": f"{receiver}/api/v1/write"}],
                },
            )
        matches = [f'{{__name__=~"{options.counter}|{options.worker_counter}|up"}}', '{__name__=~"(job|job_handler|job_task|slo):.+"}']
        above = prometheus(
            servers,
            work,
            "above",
            {
                "global": interval(),
                "scrape_configs": [
                    {
                        "job_name": "federate",
                        "metrics_path": "/federate",
                        "honor_labels": True,
                        "params": {"match[]": matches},
                        "static_configs": [{"targets": [address.removeprefix("http://") for address in pair.values()]}],
                    }
                ],
            },
            f"--query.lookback-delta={LOOKBACK}s",
        )
        by_itself = not options.worker_requests
        top = {"federation": above, "remote write": receiver}

        def settled(address):
            """The server has the last count of each process that lives, from both of the pair."""
            for one in everything:
                where = f'job="{one.job}", instance="127.0.0.1:{one.port}"'
                for replica in PAIR:
                    before = one.now()
                    seen = [value(address, f'{one.counter}{{{where}, replica="{replica}", {labels}}}') for labels in one.series()]
                    # One that works by itself is a scrape or two ahead.
                    if None in seen or not (by_itself and one is worker or before <= sum(seen)) or sum(seen) > one.now():
                        return False
            return True

        def settle():
            for name, address in top.items():
                until(f"{name} to have the last count", 60, lambda: settled(address))

        def load(times):
            for one in service:
                one.request(options.requests.split(","), times)
            if not by_itself:
                worker.request(options.worker_requests.split(","), times)

        settle()
        load(40)
        settle()
        before = [one.total() for one in service]
        service[0].restart()
        service[1].restart(free_port())
        targets(work, everything)
        settle()
        load(30)
        settle()

        after = [one.total() for one in service]
        results.check("federation: the replicas counted before and after their restart", [] if all(new > old for new, old in zip(after, before)) else [before, after])
        if by_itself:
            until("the worker to count", 60, lambda: worker.now() > 0)
            settle()
        for name, address in top.items():
            compare(results, name, address, service, worker, options)


def compare(results, name, address, service, worker, options):
    """Compares a server above with what the processes counted."""
    by_itself = not options.worker_requests
    expected = sum(one.total() for one in service)
    low = worker.total()
    seen = {job: counted(address, f'{counter}{{job="{job}"}}') for job, counter in (("service", options.counter), ("worker", options.worker_counter))}
    high = worker.total()
    sums = {job: sum(max(rises) for rises in found.values()) for job, found in seen.items()}
    print(f"      {name}: {sums}, {len(seen['service'])} series of the service")
    results.check(f"federation: by {name}, the sum over replicas and restarts is exact", [] if sums["service"] == expected else [f"{sums['service']} instead of {expected}"])
    # One that works by itself goes on counting meanwhile, and a scrape is up to two seconds behind.
    slack = 0.2 * high + 1 if by_itself else 0
    results.check(f"federation: by {name}, the worker's sum is right", [] if low - slack <= sums["worker"] <= high else [f"{sums['worker']}, not {low} to {high}"])
    uneven = [f"{key}: {rises}" for job, found in seen.items() for key, rises in found.items() if len(rises) != 2 or rises[0] != rises[1] and not (by_itself and job == "worker")]
    results.check(f"federation: by {name}, every series comes from both of the pair, alike", uneven)
    right = sum(one.now() for one in service)
    begun = time.monotonic()
    query = f'{options.counter}{{job="service"}}'
    until(f"{name} to forget the replaced replica", 4 * LOOKBACK, lambda: value(address, f"sum({query})") == 2 * right)
    print(f"      {name}: the instant sum is right after {time.monotonic() - begun:.0f} s")
    once = value(address, f"sum(max without (replica) ({query}))")
    results.check(f"federation: by {name}, `max without (replica)` counts once what the pair counts twice", [] if once == right else [f"{once}, the processes counted {right}"])
    # A series that appears with its first count has risen by less, to Prometheus: only those that were there at zero.
    known = set.intersection(*(one.at_start for one in service))
    increases = [value(address, f'sum(max without (replica) (increase({options.counter}{{job="service", {labels}}}[1h])))') or 0 for labels in known]
    right = sum(one.total(known) for one in service)
    print(f"      {name}: increase() is {sum(increases):.1f} where {right:g} were counted")
    results.check(f"federation: by {name}, increase() over the restarts is near", [] if 0.8 < sum(increases) / right < 1.2 else [f"{sum(increases)} instead of {right}"])
    # Rules are evaluated every 30 seconds, at another second in each of the pair.
    recorded = until(f"{name} to have the recorded series of both", 60, lambda: len(found := origins(address)) == 2 and found)
    results.check(f"federation: by {name}, recorded series come from both of the pair, in the cluster", [] if recorded == [("test", "a"), ("test", "b")] else recorded)
    up = value(address, 'count(max without (replica) (up{job="service"}) == 1)')
    results.check(f"federation: by {name}, both replicas are up and the replaced one is gone", [] if up == 2 else [f"{up} are up"])


def main():
    results = Results()
    with results.section("federation"), tempfile.TemporaryDirectory(prefix="federation-") as work:
        run(results, pathlib.Path(work), parser.parse_args())
    print(f"{results.passed} passed, {results.failed} failed")
    sys.exit(1 if results.failed or not results.passed else 0)


if __name__ == "__main__":
    main()
