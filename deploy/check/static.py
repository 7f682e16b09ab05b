"""Checks that need no running service: rules, dashboards, compose, documentation, names."""

import json
import re
import sys

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from harness import DEPLOY, DOCS, FAMILY, RECORDED, ROOT, dashboards, guide, panels

RULES = DEPLOY / "prometheus/rules"
TESTS = DEPLOY / "prometheus/tests"
# The placeholder that the chart, and users of the plain files, replace by the address of docs/runbooks.
RUNBOOKS = "https://runbooks.example.com"

# Rendered by the chart alone, for its default objectives.
CHART_ALERTS = {"LatencyObjectiveBucketMissing"}

# Families that appear only once they are switched on.
OPT_IN = {"http_request_duration_highr_seconds": "histogram"}


def load_rules():
    for path in sorted(RULES.glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def rules(results):
    prometheus = DEPLOY / "prometheus"
    results.command("promtool: prometheus.yml and its rules", "promtool", "check", "config", prometheus / "prometheus.yml")
    results.command("amtool: alertmanager.yml", "amtool", "check-config", DEPLOY / "alertmanager/alertmanager.yml")
    for path in sorted(TESTS.glob("*_test.yml")):
        results.command(f"promtool: {path.name}", "promtool", "test", "rules", path, cwd=TESTS)
    results.check("every alert has a test in which it fires and one in which it is silent", untested_alerts())
    results.check("alerts are labelled as monitoring mixins label them", unusual_alerts())


def untested_alerts():
    """Alerts that share a name differ in severity. Tests expect alerts, or query `ALERTS`."""
    every = {(rule["alert"], rule["labels"]["severity"]) for rule in load_rules() if "alert" in rule}
    fired, silent = set(), set()

    def note(name, seen):
        seen = {(name, severity) for severity in seen}
        fired.update(seen)
        silent.update({alert for alert in every if alert[0] == name} - seen)

    for path in sorted(TESTS.glob("*_test.yml")):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test.get("alert_rule_test", []):
                note(case["alertname"], [expected["exp_labels"]["severity"] for expected in case["exp_alerts"]])
            for case in test.get("promql_expr_test", []):
                name = re.search(r'ALERTS\{alertname="(\w+)"', case["expr"])
                if name:
                    note(name[1], [severity for sample in case["exp_samples"] for severity in re.findall(r'severity="(\w+)"', sample["labels"])])
    return [f"{alert} never fires in a test" for alert in sorted(every - fired)] + [
        f"{alert} is never silent in a test" for alert in sorted(every - silent)
    ]


def unusual_alerts():
    for rule in load_rules():
        if "alert" not in rule:
            continue
        if rule["labels"].get("severity") not in ("critical", "warning"):
            yield f"{rule['alert']}: severity is {rule['labels'].get('severity')}"
        if set(rule["annotations"]) != {"summary", "description", "runbook_url"}:
            yield f"{rule['alert']}: annotations are {sorted(rule['annotations'])}"
        if rule["annotations"]["runbook_url"] != f"{RUNBOOKS}/{rule['alert']}.md":
            yield f"{rule['alert']}: runbook_url is {rule['annotations']['runbook_url']}"


def lost(before, after, path=""):
    """What is in the first document and not, or otherwise, in the second."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from lost(value, after[key], f"{path}/{key}")
            elif value is not None:
                yield f"{path}/{key} is unknown to Grafana"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after)):
            yield from lost(*pair, f"{path}/{index}")
    elif before != after:
        yield f"{path}: {before!r} becomes {after!r}"


# Fields that Grafana's Prometheus plugin reads from an annotation; the schema leaves them to the plugin.
ANNOTATION_FIELDS = r"/annotations/list/\d+/(useValueForTime|step|titleFormat|textFormat|tagKeys) is unknown"


def dashboards_known_to_grafana(results):
    register_default_plugins()
    results.command("dashboard and console are what deploy/panels writes", sys.executable, DEPLOY / "panels/write", "--check")
    for path, dashboard in dashboards().items():
        round_trip = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
        found = [one for one in lost(dashboard, round_trip) if not re.match(ANNOTATION_FIELDS, one)]
        results.check(f"{path.name}: Grafana's schema keeps every field", found)
        problems = []
        for panel in panels(dashboard):
            if panel["type"] == "row":
                continue
            if not panel.get("description"):
                problems.append(f"{panel['title']} has no description")
            if not panel["fieldConfig"]["defaults"].get("unit"):
                problems.append(f"{panel['title']} has no unit")
            for link in panel.get("links", []):
                file = link["url"].removeprefix("${runbooks}/")
                if not (DOCS / "runbooks" / file).exists():
                    problems.append(f"{panel['title']}: no runbook {link['url']}")
        identifiers = [panel["id"] for panel in panels(dashboard)]
        if len(set(identifiers)) != len(identifiers):
            problems.append("panel ids repeat")
        results.check(f"{path.name}: every panel has a unit and a description", problems)
    for path in sorted((DEPLOY / "grafana/provisioning").rglob("*.yml")):
        document = yaml.safe_load(path.read_text())
        results.check(f"{path.name}: provisioning file", [] if document.get("apiVersion") == 1 else ["apiVersion is not 1"])


def compose(results):
    folder = DEPLOY / "compose"
    results.command("docker-compose: docker-compose.yml", "docker-compose", "-f", folder / "docker-compose.yml", "config", "-q")
    stack = yaml.safe_load((folder / "docker-compose.yml").read_text())
    problems = []
    for name, service in stack["services"].items():
        image = service.get("image", "")
        if "build" not in service and not re.search(r":v?\d+\.\d+", image):
            problems.append(f"{name}: image {image!r} is not pinned")
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith(".") and not (folder / source).exists():
                problems.append(f"{name}: {source} does not exist")
        for port in service.get("ports", []):
            if not str(port).startswith("127.0.0.1:"):
                problems.append(f"{name}: {port} is published to the network")
    addresses = (folder / "targets").glob("*.yml")
    for path in addresses:
        for group in yaml.safe_load(path.read_text()):
            problems += [f"{path.name}: no service {target}" for target in group["targets"] if target.split(":")[0] not in stack["services"]]
    sources = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/datasources.yml").read_text())["datasources"]
    for source in sources:
        host = source["url"].split("/")[2].split(":")[0]
        if host not in stack["services"]:
            problems.append(f"data source {source['name']}: no service {host}")
    links = {link["name"]: link["datasourceUid"] for source in sources for link in source.get("jsonData", {}).get("exemplarTraceIdDestinations", [])}
    if links.get("trace_id") not in {source["uid"] for source in sources if source["type"] == "jaeger"}:
        problems.append(f"exemplars: `trace_id` leads to no trace: {links}")
    results.check("compose: images pinned, mounts exist, addresses resolve, ports stay local", problems)
    collector = yaml.safe_load((folder / "collector.yml").read_text())
    known = {kind: set(collector[kind]) for kind in ("receivers", "processors", "exporters")}
    problems = [
        f"pipeline {name}: {used} is not among the {kind}"
        for name, pipeline in collector["service"]["pipelines"].items()
        for kind, names in pipeline.items()
        for used in names
        if used not in known[kind]
    ]
    results.check("compose: the collector's pipelines name parts that exist", problems)
    retention = next(int(found[1]) for found in (re.match(r"--storage.tsdb.retention.time=(\d+)d", one) for one in stack["services"]["prometheus"]["command"]) if found)
    results.check("compose: Prometheus keeps the 30 days an error budget looks back over", [] if retention > 30 else [f"{retention} days"])
    traces(results)


def traces(results):
    """From the example's exporter over the collector into Jaeger, and from an exemplar back to it."""
    stack = yaml.safe_load((DEPLOY / "compose/docker-compose.yml").read_text())["services"]
    collector = yaml.safe_load((DEPLOY / "compose/collector.yml").read_text())
    sources = {one["uid"]: one for one in yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/datasources.yml").read_text())["datasources"]}
    problems = []
    received = {f"http://collector:{protocol['endpoint'].rpartition(':')[2]}" for protocol in collector["receivers"]["otlp"]["protocols"].values()}
    sent = stack["service"]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"]
    if sent not in received:
        problems.append(f"the service sends to {sent}, the collector listens at {sorted(received)}")
    exporter = collector["exporters"]["otlp/jaeger"]["endpoint"]
    if exporter != "jaeger:4317" or "jaeger" not in stack:
        problems.append(f"the collector sends to {exporter}")
    for destination in sources["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]:
        if destination["name"] != "trace_id" or sources.get(destination["datasourceUid"], {}).get("type") != "jaeger":
            problems.append(f"exemplars lead to {destination}")
    if sources["jaeger"]["url"] != "http://jaeger:16686" or "--enable-feature=exemplar-storage" not in stack["prometheus"]["command"]:
        problems.append("Jaeger's address, or exemplars are not stored")
    results.check("compose: spans go to Jaeger, exemplars lead to them", problems)


def anchors(text):
    """The anchors a Markdown page has, as the usual renderers make them."""
    for title in re.findall(r"^#+ (.+)$", text, re.M):
        yield re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def documentation(results):
    problems = []
    pages = {path: path.read_text() for path in [*guide(), DOCS / "migrating.md", DEPLOY / "compose/README.md"]}
    for path, text in pages.items():
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in link:
                continue
            file, _, anchor = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            if not target.exists():
                problems.append(f"{path.name}: {link} leads nowhere")
            elif anchor and anchor not in set(anchors(target.read_text())):
                problems.append(f"{path.name}: no heading for {link}")
    results.check("documentation: links lead somewhere", problems)

    alerts = {rule["alert"] for rule in load_rules() if "alert" in rule} | CHART_ALERTS
    pages_of_alerts = {path.stem for path in (DOCS / "runbooks").glob("*.md")} - {"README"}
    problems = [f"{name} has no runbook" for name in sorted(alerts - pages_of_alerts)]
    problems += [f"{name}.md is about no alert" for name in sorted(pages_of_alerts - alerts)]
    index = (DOCS / "runbooks/README.md").read_text() if (DOCS / "runbooks/README.md").exists() else ""
    problems += [f"README.md does not list {name}" for name in sorted(alerts) if f"({name}.md)" not in index]
    results.check("documentation: every alert has its runbook", problems)

    source = "".join(path.read_text() for path in (ROOT / "metrics-runtime/src").rglob("*.rs"))
    problems = []
    for path, text in pages.items():
        for name in set(re.findall(r"\b(?:ENABLE_METRICS|CUSTOM_LABELS|METRICS_[A-Z_]+)\b", text)):
            if f'"{name}"' not in source:
                problems.append(f"{path.name}: {name} is not a variable the code reads")
    results.check("documentation: every variable is one the code reads", problems)


def series_names(exported):
    """Every name a query may use, from the `# TYPE` lines of a scrape."""
    families = dict(re.findall(r"^# TYPE (\S+) (\S+)$", exported, re.M)) | OPT_IN
    names = set()
    for family, kind in families.items():
        names.add(family)
        if kind in ("histogram", "summary"):
            names |= {f"{family}_sum", f"{family}_count"}
        if kind == "histogram":
            names.add(f"{family}_bucket")
    return names


def unknown_names(exported):
    known = series_names(exported)
    recorded = {rule["record"] for rule in load_rules() if "record" in rule}
    texts = [*sorted(RULES.glob("*.yml")), *sorted((DEPLOY / "grafana/dashboards").glob("*.json")), *guide(), DOCS / "migrating.md"]
    used = set()
    for path in texts:
        text = path.read_text()
        families = set(FAMILY.findall(text))
        used |= families
        for name in sorted(families - known):
            yield f"{path.name}: {name} is not exported"
        for name in sorted(set(RECORDED.findall(text)) - recorded):
            yield f"{path.name}: {name} is not recorded"
    if not used:
        yield "no name was found at all"


def names(results, exported):
    results.check("names: rules, dashboards and documentation use what the example exports", unknown_names(exported))
    source = "".join(path.read_text() for path in (ROOT / "metrics-runtime/src").rglob("*.rs"))
    results.check("names: families that are off by default exist in the code", [name for name in OPT_IN if name.removesuffix("_seconds") not in source])
    for family in ("http_requests_total", "http_request_duration_seconds", "http_slo_errors_total", "task_runs_total", "process_open_fds"):
        renamed = re.sub(rf"\b{family}", f"{family}_renamed", exported)
        found = list(unknown_names(renamed))
        results.check(f"names: renaming {family} in the code is found", [] if found else ["nothing noticed"])
