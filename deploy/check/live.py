"""The example under load, scraped by Prometheus, alerting through Alertmanager into a webhook."""

import http.client
import json
import math
import os
import re
import shutil
import threading
import time

from harness import DEPLOY, DOCS, TARGET, Servers, dashboards, free_port, get, get_json, listening, panel_targets, until

RATE_INTERVAL = "15s"
VARIABLES = {
    "${prefix}": "",
    "$__rate_interval": RATE_INTERVAL,
    "$job": ".*",
    "$instance": ".*",
    "$handler": ".*",
}


class Traffic(threading.Thread):
    """Ordinary use of the example, and from `storm` on one request in five to `/fail`. Ends by itself after `seconds`."""

    def __init__(self, port, seconds):
        super().__init__(daemon=True)
        self.port = port
        self.deadline = time.monotonic() + seconds
        self.storm = threading.Event()
        self.enough = threading.Event()
        self.sent = 0

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        item = json.dumps({"id": 7, "name": "kettle"})
        round_ = 0
        while not self.enough.is_set() and time.monotonic() < self.deadline:
            round_ += 1
            requests = [("POST", "/items", item)] + [("GET", "/items/7", None)] * (3 + round_ % 9) + [("GET", "/api/v1/items/7", None)] * 2
            if round_ % 5 == 0:
                requests += [("GET", "/items/404404", None), ("GET", "/no/such/path", None)]
            if round_ % 9 == 0:
                requests += [("GET", "/slow", None), ("GET", "/stream", None)]
            if self.storm.is_set():
                requests += [("GET", "/fail", None)] * 4
            for method, path, body in requests:
                headers = {"Content-Type": "application/json"} if body else {}
                try:
                    connection.request(method, path, body, headers)
                    connection.getresponse().read()
                    self.sent += 1
                except (OSError, http.client.HTTPException):
                    connection.close()
            self.enough.wait(0.1)
        connection.close()


def in_a_hurry(text):
    """The shipped files, unchanged but for the clock: seconds instead of minutes."""
    text = re.sub(r"(scrape_interval|scrape_timeout|evaluation_interval|interval): \d+s\b", r"\1: 1s", text)
    text = text.replace("30 * sum_over_time", "1 * sum_over_time")
    return re.sub(r"\bfor: \d+m\b", "for: 3s", text)


def configure(work, ports):
    """A copy of deploy/prometheus and deploy/alertmanager that points at our ports."""
    source = DEPLOY / "prometheus"
    shutil.copytree(source, work / "prometheus")
    for path in [source / "prometheus.yml", *sorted((source / "rules").glob("*.yml"))]:
        (work / "prometheus" / path.relative_to(source)).write_text(in_a_hurry(path.read_text()))
    for name in ("service", "alertmanager"):
        (work / f"prometheus/targets/{name}.yml").write_text(f"- targets: ['127.0.0.1:{ports[name]}']\n")
    alertmanager = (DEPLOY / "alertmanager/alertmanager.yml").read_text()
    alertmanager = alertmanager.replace("127.0.0.1:5001", f"127.0.0.1:{ports['webhook']}").replace("group_wait: 30s", "group_wait: 1s")
    (work / "alertmanager.yml").write_text(alertmanager)


def concrete(expression):
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    return expression


def numbers(result):
    for series in result:
        for _, value in series["values"] if "values" in series else [series["value"]]:
            yield float(value)


def panel_problems(prometheus, dashboard, seconds=30):
    """Runs every query of a dashboard; a query with no data gets until the deadline to have some."""
    deadline = time.monotonic() + seconds
    problems = []
    for panel, target in panel_targets(dashboard):
        where = f"{panel['title']} {target['refId']}: {concrete(target['expr'])}"
        while True:
            try:
                result = get_json(f"{prometheus}/api/v1/query", query=concrete(target["expr"]))["data"]["result"]
            except RuntimeError as error:
                problems.append(f"{where}: {error}")
                break
            if result and all(math.isfinite(value) for value in numbers(result)):
                break
            if time.monotonic() > deadline:
                problems.append(f"{where}: {'not a finite number' if result else 'no data'}")
                break
            time.sleep(0.2)
    return problems


def documented_queries():
    """The PromQL of the guide, block by block."""
    return re.findall(r"^```promql\n(.*?)^```", (DOCS / "observability.md").read_text(), re.M | re.S)


def notified(log, alertname, **labels):
    """The first notification in the webhook's log with that alert firing."""
    for line in log.read_text().splitlines():
        if not line.startswith("{"):
            continue
        received = json.loads(line)
        for alert in received["notification"]["alerts"]:
            have = alert["labels"]
            if alert["status"] == "firing" and have["alertname"] == alertname and labels.items() <= have.items():
                return received | {"alert": alert}
    return None


def run(results, work, picture=None):
    """Returns what the example exported, for the checks of names."""
    ports = {name: free_port() for name in ("service", "prometheus", "alertmanager", "webhook")}
    at = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    configure(work, ports)
    settings = {"BIND_ADDR": f"127.0.0.1:{ports['service']}", "PATH": os.environ["PATH"]}
    with Servers(work) as servers:
        servers.start("service", lambda: get(at["service"] + "/metrics"), TARGET / "release/examples/quickstart", env=settings)
        servers.start("webhook", lambda: listening(ports["webhook"]), "python3", DEPLOY / "alertmanager/webhook.py", "--port", ports["webhook"])
        servers.start(
            "alertmanager",
            lambda: get(at["alertmanager"] + "/-/ready"),
            "prometheus-alertmanager",
            f"--config.file={work}/alertmanager.yml",
            f"--storage.path={work}/am",
            f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
            "--cluster.listen-address=",
        )
        servers.start(
            "prometheus",
            lambda: get(at["prometheus"] + "/-/ready"),
            "prometheus",
            f"--config.file={work}/prometheus/prometheus.yml",
            f"--storage.tsdb.path={work}/tsdb",
            f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
            "--enable-feature=exemplar-storage",
        )
        traffic = Traffic(ports["service"], seconds=150)
        traffic.start()
        servers.callback(traffic.join, 10)
        servers.callback(traffic.enough.set)
        begun = time.time()

        def scraped():
            active = get_json(at["prometheus"] + "/api/v1/targets")["data"]["activeTargets"]
            return active and all(target["health"] == "up" for target in active)

        until("the example is scraped", 40, scraped)
        results.check("live: the example is scraped", [])

        with results.section("live: an error storm ends as a notification"):
            log = work / "webhook.log"
            quiet = time.monotonic() + 8
            until("a quiet start", 10, lambda: time.monotonic() > quiet)
            results.check("live: nothing pages before the storm", [line for line in log.read_text().splitlines() if "HttpErrorShareHigh" in line] if traffic.sent else ["no traffic"])
            traffic.storm.set()
            for alertname, labels in (
                ("HttpErrorShareHigh", {"job": "quickstart"}),
                ("HttpAvailabilityBudgetBurn", {"job": "quickstart", "window": "1h/5m"}),
            ):
                received = until(f"a notification of {alertname}", 60, lambda: notified(log, alertname, **labels))
                alert = received["alert"]
                print(f"      received at {received['path']}: {alert['annotations']['summary']}")
                problems = [] if received["path"] == "/pager" else [f"sent to {received['path']}"]
                if alert["labels"].get("cluster") != "local" or "replica" in alert["labels"]:
                    problems.append(f"external labels are wrong: {alert['labels']}")
                results.check(f"live: {alertname} goes from the example through Alertmanager to the webhook", problems)

        exported = get(at["service"] + "/metrics")
        for path, dashboard in dashboards().items():
            with results.section(f"live: {path.name}"):
                results.check(f"live: every panel query of {path.name} returns finite numbers", panel_problems(at["prometheus"], dashboard))
                renamed = json.loads(path.read_text().replace("http_requests_inprogress", "http_requests_in_flight"))
                found = panel_problems(at["prometheus"], renamed, seconds=0)
                results.check(f"live: a renamed family in {path.name} is found", [] if found else ["a query of an unknown family went through"])

        with results.section("live: the guide"):
            panels = [{"title": "docs/observability.md", "targets": [{"refId": "", "expr": query} for query in documented_queries()]}]
            results.check(f"live: the guide's {len(panels[0]['targets'])} queries return finite numbers", panel_problems(at["prometheus"], {"panels": panels}))

        def no_sick_rule():
            groups = get_json(at["prometheus"] + "/api/v1/rules")["data"]["groups"]
            return [f"{rule['name']}: {rule['lastError']}" for group in groups for rule in group["rules"] if rule["health"] != "ok"]

        results.check("live: every rule evaluates", no_sick_rule())
        if picture:
            import pictures

            pictures.draw(at["prometheus"], begun, concrete, picture)
            print(f"      drew {picture}")
    return exported
