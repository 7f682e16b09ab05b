"""The example and a simulated shop under load, scraped by Prometheus, alerting through Alertmanager into a webhook."""

import http.client
import json
import math
import os
import re
import shutil
import threading
import time

from harness import DEPLOY, EXAMPLES, Servers, dashboards, free_port, get, get_json, guide, listening, panel_targets, until

RATE_INTERVAL = "15s"
VARIABLES = {
    "${prefix}": "",
    "$__rate_interval": RATE_INTERVAL,
    "$cluster": ".*",
    "$namespace": ".*",
    "$job": ".*",
    "$instance": ".*",
    "$handler": ".*",
    "$bucket": "0.3",
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
    text = re.sub(r"(scrape_interval|scrape_timeout|evaluation_interval|interval): \d+[sm]\b", r"\1: 1s", text)
    text = text.replace("30 * sum_over_time", "1 * sum_over_time")
    return re.sub(r"\bfor: \d+[mh]\b", "for: 3s", text)


GROUP_INTERVAL = 10


def configure(work, ports):
    """A copy of deploy/prometheus and deploy/alertmanager that points at our ports."""
    source = DEPLOY / "prometheus"
    shutil.copytree(source, work / "prometheus")
    for path in [source / "prometheus.yml", *sorted((source / "rules").glob("*.yml"))]:
        (work / "prometheus" / path.relative_to(source)).write_text(in_a_hurry(path.read_text()))
    targets = [f"- targets: ['127.0.0.1:{ports[job]}']\n  labels: {{job: {job}}}\n" for job in ("quickstart", "shop")]
    (work / "prometheus/targets/service.yml").write_text("".join(targets))
    (work / "prometheus/targets/alertmanager.yml").write_text(f"- targets: ['127.0.0.1:{ports['alertmanager']}']\n")
    alertmanager = (DEPLOY / "alertmanager/alertmanager.yml").read_text()
    alertmanager = alertmanager.replace("127.0.0.1:5001", f"127.0.0.1:{ports['webhook']}")
    alertmanager = alertmanager.replace("group_wait: 30s", "group_wait: 3s").replace("group_interval: 5m", f"group_interval: {GROUP_INTERVAL}s")
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


def variable_problems(prometheus, dashboard):
    """Each `label_values(selector, label)` has a value, where Prometheus attaches the label at all."""
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
        series = get_json(f"{prometheus}/api/v1/series", **{"match[]": concrete(selector)})["data"]
        values = {one[label] for one in series if label in one}
        if not series or label in ("job", "instance", "handler") and not values:
            yield f"{variable['name']}: {concrete(selector)} has {len(series)} series and the values {sorted(values)}"


def annotation_problems(prometheus, dashboard):
    """The mark of a deploy lies at the start of a process: some seconds ago, in milliseconds."""
    for annotation in dashboard["annotations"]["list"]:
        result = get_json(f"{prometheus}/api/v1/query", query=concrete(annotation["expr"]))["data"]["result"]
        if not result or not all(time.time() - 600 < value / 1000 <= time.time() for value in numbers(result)):
            yield f"{annotation['name']}: {result}"


def documented_queries():
    """The PromQL of guide and runbooks, block by block."""
    for path in guide():
        for query in re.findall(r"^ *```promql\n(.*?)^ *```", path.read_text(), re.M | re.S):
            yield {"title": path.name, "targets": [{"refId": "", "expr": query}]}


def posts(log, receiver, job):
    """What Alertmanager sent to a receiver about a job, oldest first."""
    for line in log.read_text().splitlines():
        if line.startswith("{"):
            received = json.loads(line)
            if received["path"] == f"/{receiver}" and received["notification"]["groupLabels"].get("job") == job:
                yield received["notification"]


def firing(notification):
    return sorted(alert["labels"]["alertname"] for alert in notification["alerts"] if alert["status"] == "firing")


def storm_pages_once(results, log, job, alertname, **labels):
    """The first page of the job, and none after it for longer than Alertmanager waits before an update."""
    first = until(f"a page of {job}", 60, lambda: next(posts(log, "pager", job), None))
    patience = time.monotonic() + 1.5 * GROUP_INTERVAL
    until("an update that should not come", 2 * GROUP_INTERVAL, lambda: time.monotonic() > patience)
    problems = [f"page {index + 1}: {firing(page)}" for index, page in enumerate(posts(log, "pager", job)) if index]
    if firing(first) != [alertname]:
        problems.append(f"the page holds {firing(first)}")
    have = first["alerts"][0]
    print(f"      paged: {have['annotations']['summary']}")
    if not labels.items() <= have["labels"].items() or have["labels"].get("cluster") != "local" or "replica" in have["labels"]:
        problems.append(f"labels are {have['labels']}")
    tickets = [firing(ticket) for ticket in posts(log, "tickets", job)]
    problems += [f"a ticket beside the page: {ticket}" for ticket in tickets if alertname in ticket]
    results.check(f"live: an error storm in {job} pages once, as {alertname}", problems)


def run(results, work, picture=None):
    """Returns what the services exported, for the checks of names."""
    ports = {name: free_port() for name in ("quickstart", "shop", "prometheus", "alertmanager", "webhook")}
    at = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    configure(work, ports)
    settings = {"BIND_ADDR": f"127.0.0.1:{ports['quickstart']}", "PATH": os.environ["PATH"]}
    with Servers(work) as servers:
        servers.start("quickstart", lambda: get(at["quickstart"] + "/metrics"), EXAMPLES / "quickstart", env=settings)
        shop = servers.start("shop", lambda: get(at["shop"] + "/metrics"), "python3", DEPLOY / "check/exporter.py", "--port", ports["shop"])
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
        import console

        servers.start(
            "prometheus",
            lambda: get(at["prometheus"] + "/-/ready"),
            "prometheus",
            f"--config.file={work}/prometheus/prometheus.yml",
            f"--storage.tsdb.path={work}/tsdb",
            f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
            f"--web.console.templates={work}/prometheus/consoles",
            f"--web.console.libraries={console.libraries()}",
            "--enable-feature=exemplar-storage",
        )
        traffic = Traffic(ports["quickstart"], seconds=240)
        traffic.start()
        servers.callback(traffic.join, 10)
        servers.callback(traffic.enough.set)

        def scraped():
            active = get_json(at["prometheus"] + "/api/v1/targets")["data"]["activeTargets"]
            return len(active) == 2 and all(target["health"] == "up" for target in active)

        until("the services are scraped", 40, scraped)
        results.check("live: the services are scraped", [])

        log = work / "webhook.log"
        with results.section("live: an error storm ends as one page"):
            quiet = time.monotonic() + 8
            until("a quiet start", 10, lambda: time.monotonic() > quiet)
            early = [line for line in log.read_text().splitlines() if line.startswith("{")]
            results.check("live: nothing notifies before the storm", early if traffic.sent else ["no traffic"])
            traffic.storm.set()
            get(at["shop"] + "/storm")
            storm_pages_once(results, log, "shop", "ErrorBudgetBurn", handler="/orders", objective="availability", severity="critical")
            # A handler with an objective has no fixed threshold.
            objectives = "http_slo_objective_ratio{" in get(at["quickstart"] + "/metrics")
            storm_pages_once(results, log, "quickstart", "ErrorBudgetBurn" if objectives else "HttpErrorShareHigh", severity="critical")

        exported = get(at["quickstart"] + "/metrics") + get(at["shop"] + "/metrics")
        for path, dashboard in dashboards().items():
            with results.section(f"live: {path.name}"):
                results.check(f"live: every panel query of {path.name} returns finite numbers", panel_problems(at["prometheus"], dashboard))
                results.check(f"live: every variable of {path.name} has values", variable_problems(at["prometheus"], dashboard))
                results.check(f"live: the annotations of {path.name} mark starts", annotation_problems(at["prometheus"], dashboard))
                renamed = json.loads(path.read_text().replace("http_requests_inprogress", "http_requests_in_flight"))
                found = panel_problems(at["prometheus"], renamed, seconds=0)
                results.check(f"live: a renamed family in {path.name} is found", [] if found else ["a query of an unknown family went through"])

        with results.section("live: the console in Chromium"):
            console.check(results, at["prometheus"], work, picture)

        with results.section("live: the guide"):
            panels = list(documented_queries())
            results.check(f"live: the {len(panels)} queries of guide and runbooks return finite numbers", panel_problems(at["prometheus"], {"panels": panels}))

        def no_sick_rule():
            groups = get_json(at["prometheus"] + "/api/v1/rules")["data"]["groups"]
            return [f"{rule['name']}: {rule['lastError']}" for group in groups for rule in group["rules"] if rule["health"] != "ok"]

        results.check("live: every rule evaluates", no_sick_rule())

        with results.section("live: a service that stops"):
            before = len(list(posts(log, "pager", "shop")))
            servers.stop(shop)
            page = until("a page for the stopped shop", 60, lambda: next((page for page in list(posts(log, "pager", "shop"))[before:] if firing(page)), None))
            results.check("live: a service that stops pages as ServiceDown, which inhibits its other alerts", [] if firing(page) == ["ServiceDown"] else [firing(page)])
    return exported
