"""The chart: linted, rendered over a matrix of values with Helm's own engine, every manifest validated."""

import copy
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import helm_python.chart
import kubernetes_validate
import yaml
from cloudcoil.models.prometheus_operator import v1
from helm_python.chart import Chart

from harness import DEPLOY

PATH = DEPLOY / "helm/actix-service"
KUBERNETES = "1.31"

MONITOR = {"serviceMonitor": {"enabled": True}}
RULE = {"prometheusRule": {"enabled": True}}
BOARD = {"dashboard": {"enabled": True}}
POLICY = {"port": 9100, "networkPolicy": {"enabled": True}}
PREFIX = {"namespace": "shop", "subsystem": "api"}

# Name: values under `metrics`, other values, the kinds beside Deployment and Service.
MATRIX = {
    "defaults": ({}, {}, set()),
    "off": ({"enabled": False, **MONITOR, **RULE, **BOARD, **POLICY}, {}, set()),
    "monitor": (MONITOR, {}, {"ServiceMonitor"}),
    "monitor, own port": ({**MONITOR, "port": 9100}, {}, {"ServiceMonitor"}),
    "monitor, port named twice": ({**MONITOR, "port": 8080}, {}, {"ServiceMonitor"}),
    "monitor, other service port": (MONITOR, {"service": {"port": 3000}}, {"ServiceMonitor"}),
    "monitor, tuned": (
        {
            "path": "/internal/metrics",
            "serviceMonitor": {
                "enabled": True,
                "interval": "30s",
                "labels": {"release": "monitoring"},
                "relabelings": [{"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}],
                "metricRelabelings": [{"action": "labeldrop", "regex": "container"}],
            },
        },
        {},
        {"ServiceMonitor"},
    ),
    "rules": (RULE, {}, {"PrometheusRule"}),
    "rules, prefix": ({**RULE, **PREFIX}, {}, {"PrometheusRule"}),
    "rules, limit and labels": ({"prometheusRule": {"enabled": True, "inProgressLimit": 40, "labels": {"release": "m"}}}, {}, {"PrometheusRule"}),
    "dashboard": (BOARD, {}, {"ConfigMap"}),
    "dashboard, prefix": ({**BOARD, **PREFIX}, {}, {"ConfigMap"}),
    "policy": (POLICY, {}, {"NetworkPolicy"}),
    "labels, exclusions, buckets": (
        {"customLabels": {"team": "catalog, search", "env": "prod"}, "excludedHandlers": [".*admin.*", "^/v[0-9]{1,2}/<x>"], "latencyBuckets": [0.05, 0.3, 1]},
        {},
        set(),
    ),
    "container": (
        {},
        {
            "image": {"repository": "registry.example.com/a", "tag": "1.2.3"},
            "replicaCount": 0,
            "env": [{"name": "RUST_LOG", "value": "info"}],
            "resources": {"limits": {"memory": "64Mi"}},
            "livenessProbe": {"httpGet": {"path": "/health", "port": "http"}},
            "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}},
        },
        set(),
    ),
    "everything": (
        {**MONITOR, **RULE, **BOARD, **POLICY, **PREFIX, "customLabels": {"team": "catalog"}},
        {},
        {"ServiceMonitor", "PrometheusRule", "ConfigMap", "NetworkPolicy"},
    ),
}

REFUSED = {
    "a port that is a word": {"metrics": {"port": "nine"}},
    "enabled that is a word": {"metrics": {"enabled": "maybe"}},
    "an unknown key": {"metrics": {"serviceMonitor": {"enable": True}}},
    "an interval without a unit": {"metrics": {"serviceMonitor": {"interval": "15"}}},
    "a reserved label": {"metrics": {"customLabels": {"handler": "x"}}},
    "a label without a value": {"metrics": {"customLabels": {"team": ""}}},
    "exclusions that are no list": {"metrics": {"excludedHandlers": ".*admin.*"}},
    "an illegal prefix": {"metrics": {"namespace": "my-shop"}},
    "a policy without a port of its own": {"metrics": {"networkPolicy": {"enabled": True}}},
}


def documents(rendered):
    for part in rendered.values() if isinstance(rendered, dict) else [rendered]:
        for document in yaml.safe_load_all(part):
            if document:
                yield document


def validate(document):
    kind = document["kind"]
    if kind in ("ServiceMonitor", "PrometheusRule"):
        getattr(v1, kind).model_validate(document, extra="forbid")
    else:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def cross_check(by_kind, metrics, values):
    """Ports and selectors that must agree between manifests."""
    pod = by_kind["Deployment"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    container = pod["spec"]["containers"][0]
    container_ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    service = by_kind["Service"]
    service_ports = {port["name"]: port for port in service["spec"]["ports"]}
    env = {variable["name"]: variable.get("value") for variable in container["env"]}
    port = values.get("service", {}).get("port", 8080)

    def selects(selector, of, what):
        if not selector or not selector.items() <= of.items():
            yield f"{what} selects nothing"

    yield from selects(by_kind["Deployment"]["spec"]["selector"]["matchLabels"], labels, "Deployment")
    yield from selects(service["spec"]["selector"], labels, "Service")
    for name, one in service_ports.items():
        if container_ports.get(one["targetPort"]) != one["port"]:
            yield f"Service port {name} leads to {one['targetPort']}, which the container does not have"
    if env["BIND_ADDR"] != f"0.0.0.0:{port}" or container_ports["http"] != port:
        yield "the service listens elsewhere than its port says"
    enabled = metrics.get("enabled", True)
    if env["ENABLE_METRICS"] != str(enabled).lower():
        yield "ENABLE_METRICS disagrees"
    separate = enabled and metrics.get("port") not in (None, port)
    if ("metrics" in container_ports) != separate:
        yield "a metrics port where none is wanted, or none where one is"
    if "customLabels" in metrics and json.loads(env["CUSTOM_LABELS"]) != metrics["customLabels"]:
        yield f"CUSTOM_LABELS is {env['CUSTOM_LABELS']}"
    if "excludedHandlers" in metrics and json.loads(env["METRICS_EXCLUDED_HANDLERS"]) != metrics["excludedHandlers"]:
        yield f"METRICS_EXCLUDED_HANDLERS is {env['METRICS_EXCLUDED_HANDLERS']}"
    if "latencyBuckets" in metrics and [float(edge) for edge in env["METRICS_LATENCY_BUCKETS"].split(",")] != metrics["latencyBuckets"]:
        yield f"METRICS_LATENCY_BUCKETS is {env['METRICS_LATENCY_BUCKETS']}"

    if monitor := by_kind.get("ServiceMonitor"):
        endpoint = monitor["spec"]["endpoints"][0]
        yield from selects(monitor["spec"]["selector"]["matchLabels"], service["metadata"]["labels"], "ServiceMonitor")
        if endpoint["port"] != ("metrics" if separate else "http") or endpoint["port"] not in service_ports:
            yield f"ServiceMonitor scrapes port {endpoint['port']}"
        wanted = {"interval": "15s", **metrics["serviceMonitor"]}
        for key in ("interval", "relabelings", "metricRelabelings"):
            if key in wanted and endpoint[key] != wanted[key]:
                yield f"ServiceMonitor: {key} is {endpoint[key]}"
        yield from selects(metrics["serviceMonitor"].get("labels") or {"helm.sh/chart": labels["helm.sh/chart"]}, monitor["metadata"]["labels"], "the labels")
        if endpoint["path"] != metrics.get("path", "/metrics"):
            yield f"ServiceMonitor: path is {endpoint['path']}"
    if policy := by_kind.get("NetworkPolicy"):
        yield from selects(policy["spec"]["podSelector"]["matchLabels"], labels, "NetworkPolicy")
        for rule in policy["spec"]["ingress"]:
            for one in rule["ports"]:
                if one["port"] not in container_ports:
                    yield f"NetworkPolicy names port {one['port']}"
                if one["port"] == "metrics" and not rule.get("from"):
                    yield "NetworkPolicy lets everybody scrape"
    prefix = "".join(f"{metrics[key]}_" for key in ("namespace", "subsystem") if metrics.get(key))
    if rule := by_kind.get("PrometheusRule"):
        yield from rule_problems(rule, service, prefix, metrics["prometheusRule"].get("inProgressLimit", 100))
    if board := by_kind.get("ConfigMap"):
        (text,) = board["data"].values()
        variable = next(one for one in json.loads(text)["templating"]["list"] if one["name"] == "prefix")
        if variable["query"] != prefix:
            yield f"the dashboard's prefix is {variable['query']!r}"


def rule_problems(rule, service, prefix, limit):
    text = yaml.safe_dump({"groups": rule["spec"]["groups"]}, width=10**6)
    own = f'job="{service["metadata"]["name"]}", namespace="{service["metadata"]["namespace"]}"'
    expressions = [one["expr"] for group in rule["spec"]["groups"] for one in group["rules"]]
    for expression in expressions:
        if "=~\".+\"" in expression or own not in expression and "job:http_requests:rate5m" not in expression:
            yield f"not narrowed to the release: {expression}"
        bare = re.findall(r"(?<![\w:])((?:\w+_)?http_(?:request|response|exception)\w+)\{", expression)
        yield from (f"{name} lacks the prefix {prefix!r}" for name in bare if not name.startswith(prefix + "http_"))
    if not any(f"> {limit}" in expression for expression in expressions):
        yield "the limit of requests in progress is not applied"
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write(text)
        file.flush()
        done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)
        if done.returncode:
            yield done.stdout + done.stderr


def problems_of(chart, path, metrics, values, kinds):
    values = {**copy.deepcopy(values), "metrics": copy.deepcopy(metrics)}
    linted = helm_python.chart.lint(path, values, strict=True)
    yield from linted["errors"] if isinstance(linted, dict) else linted.errors
    by_kind = {}
    for document in documents(chart.render(values, name="shop", namespace="blue")):
        validate(document)
        by_kind[document["kind"]] = document
    if set(by_kind) != kinds | {"Deployment", "Service"}:
        yield f"rendered {sorted(by_kind)}"
    yield from cross_check(by_kind, metrics, values)


def run(results):
    with tempfile.TemporaryDirectory(prefix="chart-") as work:
        # Helm follows the links under files/ and says so each time; once is enough.
        path = shutil.copytree(PATH, pathlib.Path(work) / PATH.name)
        with Chart.load(PATH) as linked, Chart.load(path) as chart:
            values = {"metrics": {**RULE, **BOARD}}
            same = linked.render(values, name="shop") == chart.render(values, name="shop")
            results.check("chart: the links to rules and dashboard are followed", [] if same else ["they are not"])
            matrix(results, chart, path)


def matrix(results, chart, path):
    for name, (metrics, values, kinds) in MATRIX.items():
        with results.section(f"chart: {name}"):
            results.check(f"chart: {name}", list(problems_of(chart, path, metrics, values, kinds)))
    for name, values in REFUSED.items():
        try:
            chart.render(values, name="shop", namespace="blue")
        except Exception as error:
            said = str(error)
            results.check(f"chart refuses {name}", [] if re.search("metrics|propertyName", said) else [said])
        else:
            results.check(f"chart refuses {name}", ["it was rendered"])
