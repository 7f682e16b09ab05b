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
THRESHOLDS = {"minimumErrors": 50, "errorShare": 0.25, "latencyP99": 2.5, "inProgress": 40, "taskFailedShare": 0.5, "taskMinimumFailures": 9, "taskStuckAfter": "3h"}
OBJECTIVES = {"availability": 99.5, "latency": 90, "latencyThreshold": 1}
# Beside a team's own Deployment, with a Service of the chart, and with one of the team.
PODS = {"deployment": {"enabled": False}, "selectorLabels": {"app": "shop"}}
OWN = {**PODS, "service": {"enabled": False, "name": "shop-svc", "labels": {"component": "shop-http"}, "portName": "web"}}
ALL = {"ServiceMonitor", "PrometheusRule", "ConfigMap", "NetworkPolicy"}
CORE = {"Deployment", "Service"}

# Name: values under `metrics`, other values, the kinds that are rendered.
MATRIX = {
    "defaults": ({}, {}, CORE),
    "off": ({"enabled": False, **MONITOR, **RULE, **BOARD, **POLICY}, {}, CORE),
    "monitor": (MONITOR, {}, CORE | {"ServiceMonitor"}),
    "monitor, own port": ({**MONITOR, "port": 9100}, {}, CORE | {"ServiceMonitor"}),
    "monitor, port named twice": ({**MONITOR, "port": 8080}, {}, CORE | {"ServiceMonitor"}),
    "monitor, other service port": (MONITOR, {"service": {"port": 3000}}, CORE | {"ServiceMonitor"}),
    "monitor, other names": ({**MONITOR, "port": 9100, "portName": "telemetry"}, {"service": {"name": "orders", "portName": "web"}}, CORE | {"ServiceMonitor"}),
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
        CORE | {"ServiceMonitor"},
    ),
    "rules": (RULE, {}, CORE | {"PrometheusRule"}),
    "rules, prefix": ({**RULE, **PREFIX}, {}, CORE | {"PrometheusRule"}),
    "rules, thresholds and labels": ({"prometheusRule": {"enabled": True, "thresholds": THRESHOLDS, "labels": {"release": "m"}}}, {}, CORE | {"PrometheusRule"}),
    "rules, objectives": ({"prometheusRule": {"enabled": True, "defaultObjectives": OBJECTIVES}}, {}, CORE | {"PrometheusRule"}),
    "rules, one objective": ({"prometheusRule": {"enabled": True, "defaultObjectives": {"availability": 99.9}}}, {}, CORE | {"PrometheusRule"}),
    "rules, runbooks": ({**RULE, "runbookBaseUrl": "https://git.example.com/shop/blob/main/docs/runbooks"}, {}, CORE | {"PrometheusRule"}),
    "dashboard": (BOARD, {}, CORE | {"ConfigMap"}),
    "dashboard, prefix, buckets and runbooks": ({**BOARD, **PREFIX, "latencyBuckets": [1, 2.5], "runbookBaseUrl": "https://r.example.com"}, {}, CORE | {"ConfigMap"}),
    "policy": (POLICY, {}, CORE | {"NetworkPolicy"}),
    "labels, exclusions, buckets": (
        {"customLabels": {"team": "catalog, search", "env": "prod"}, "excludedHandlers": [".*admin.*", "^/v[0-9]{1,2}/<x>"], "latencyBuckets": [0.05, 0.3, 1]},
        {},
        CORE,
    ),
    "container": (
        {},
        {
            "image": {"repository": "registry.example.com/a", "tag": "1.2.3"},
            "replicaCount": 0,
            "env": [{"name": "RUST_LOG", "value": "info"}],
            "envFrom": [{"secretRef": {"name": "shop"}}, {"configMapRef": {"name": "shop", "optional": True}}],
            "resources": {"limits": {"memory": "64Mi"}},
            "livenessProbe": {"httpGet": {"path": "/health", "port": "http"}},
            "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}},
            "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname"}}]}},
            "podAnnotations": {"a": "pod"},
            "deployment": {"annotations": {"a": "deployment"}},
        },
        CORE,
    ),
    "an account of its own": ({}, {"serviceAccount": {"create": True, "annotations": {"a": "account"}}}, CORE | {"ServiceAccount"}),
    "an account that exists": ({}, {"serviceAccount": {"name": "shop", "automountToken": True}}, CORE),
    "annotations": (
        {**POLICY, "networkPolicy": {"enabled": True, "annotations": {"a": "policy"}}, "serviceMonitor": {"enabled": True, "annotations": {"a": "monitor"}}, "prometheusRule": {"enabled": True, "annotations": {"a": "rule"}}, "dashboard": {"enabled": True, "annotations": {"a": "board"}}},
        {"service": {"annotations": {"a": "service"}}},
        CORE | ALL,
    ),
    "everything": ({**MONITOR, **RULE, **BOARD, **POLICY, **PREFIX, "customLabels": {"team": "catalog"}}, {}, CORE | ALL),
    "own Deployment: monitor": ({**MONITOR, "port": 9100}, PODS, {"Service", "ServiceMonitor"}),
    "own Deployment: monitor of an own Service": ({**MONITOR, "port": 9100, "portName": "telemetry"}, OWN, {"ServiceMonitor"}),
    "own Deployment: rules": ({**RULE, **PREFIX}, OWN, {"PrometheusRule"}),
    "own Deployment: dashboard": (BOARD, OWN, {"ConfigMap"}),
    "own Deployment: policy": (POLICY, OWN, {"NetworkPolicy"}),
    "own Deployment: everything": ({**MONITOR, **RULE, **BOARD, **POLICY}, OWN, ALL),
    "own Deployment: everything and a Service": ({**MONITOR, **RULE, **BOARD, **POLICY}, PODS, ALL | {"Service"}),
    "own Deployment: off": ({"enabled": False, **MONITOR, **RULE, **BOARD, **POLICY}, OWN, set()),
}

# Name: values, and what the message must contain.
REFUSED = {
    "a port that is a word": ({"metrics": {"port": "nine"}}, "metrics"),
    "enabled that is a word": ({"metrics": {"enabled": "maybe"}}, "metrics"),
    "an unknown key": ({"metrics": {"serviceMonitor": {"enable": True}}}, "metrics"),
    "an unknown key at the top": ({"serviceaccount": {}}, "serviceaccount"),
    "an interval without a unit": ({"metrics": {"serviceMonitor": {"interval": "15"}}}, "metrics"),
    "a reserved label": ({"metrics": {"customLabels": {"handler": "x"}}}, "propertyName|customLabels"),
    "a label without a value": ({"metrics": {"customLabels": {"team": ""}}}, "metrics"),
    "exclusions that are no list": ({"metrics": {"excludedHandlers": ".*admin.*"}}, "metrics"),
    "an illegal prefix": ({"metrics": {"namespace": "my-shop"}}, "metrics"),
    "an objective of 100 %": ({"metrics": {"prometheusRule": {"defaultObjectives": {"availability": 100}}}}, "availability"),
    "an objective as a ratio": ({"metrics": {"prometheusRule": {"defaultObjectives": {"availability": 0.999}}}}, "availability"),
    "a share in percent": ({"metrics": {"prometheusRule": {"thresholds": {"errorShare": 1}}}}, "errorShare"),
    "runbooks without a scheme": ({"metrics": {"runbookBaseUrl": "docs/runbooks"}}, "runbookBaseUrl"),
    "a policy without a port of its own": ({"metrics": {"networkPolicy": {"enabled": True}}}, "metrics.port"),
    "a Service for unknown pods": ({"deployment": {"enabled": False}}, "selectorLabels"),
    "rules for an unknown Service": ({"service": {"enabled": False}, "metrics": RULE}, "service.name"),
    "a monitor of an unknown Service": ({"service": {"enabled": False, "name": "x"}, "metrics": MONITOR}, "service.labels"),
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


def selects(selector, of, what):
    if not selector or not selector.items() <= of.items():
        yield f"{what} selects nothing"


def own_port(metrics, port):
    return metrics.get("enabled", True) and metrics.get("port") not in (None, port)


def deployment_problems(by_kind, metrics, values):
    deployment = by_kind["Deployment"]
    pod = deployment["spec"]["template"]
    container = pod["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    env = {variable["name"]: variable.get("value") for variable in container["env"]}
    service = values.get("service", {})
    port = service.get("port", 8080)
    yield from selects(deployment["spec"]["selector"]["matchLabels"], pod["metadata"]["labels"], "Deployment")
    wanted = {service.get("portName", "http"): port}
    if own_port(metrics, port):
        wanted[metrics.get("portName", "metrics")] = metrics["port"]
    if ports != wanted:
        yield f"the container has the ports {ports}"
    if env["BIND_ADDR"] != f"0.0.0.0:{port}":
        yield "the service does not listen on its port"
    if env["ENABLE_METRICS"] != str(metrics.get("enabled", True)).lower():
        yield "ENABLE_METRICS disagrees"
    if "customLabels" in metrics and json.loads(env["CUSTOM_LABELS"]) != metrics["customLabels"]:
        yield f"CUSTOM_LABELS is {env['CUSTOM_LABELS']}"
    if "excludedHandlers" in metrics and json.loads(env["METRICS_EXCLUDED_HANDLERS"]) != metrics["excludedHandlers"]:
        yield f"METRICS_EXCLUDED_HANDLERS is {env['METRICS_EXCLUDED_HANDLERS']}"
    if "latencyBuckets" in metrics and [float(edge) for edge in env["METRICS_LATENCY_BUCKETS"].split(",")] != metrics["latencyBuckets"]:
        yield f"METRICS_LATENCY_BUCKETS is {env['METRICS_LATENCY_BUCKETS']}"
    for key in ("envFrom", "resources", "livenessProbe", "readinessProbe"):
        if container.get(key) != values.get(key):
            yield f"{key} is {container.get(key)}"
    if pod["spec"].get("affinity") != values.get("affinity"):
        yield f"affinity is {pod['spec'].get('affinity')}"
    if pod["metadata"].get("annotations") != values.get("podAnnotations"):
        yield f"the pod's annotations are {pod['metadata'].get('annotations')}"
    account = values.get("serviceAccount", {})
    name = by_kind["ServiceAccount"]["metadata"]["name"] if account.get("create") else account.get("name")
    if pod["spec"].get("serviceAccountName") != name or pod["spec"]["automountServiceAccountToken"] != account.get("automountToken", False):
        yield f"the pod runs as {pod['spec'].get('serviceAccountName')}"


def cross_check(by_kind, metrics, values):
    """Ports, selectors and names that must agree between manifests."""
    options = values.get("service", {})
    port, port_name = options.get("port", 8080), options.get("portName", "http")
    separate = own_port(metrics, port)
    if "Deployment" in by_kind:
        yield from deployment_problems(by_kind, metrics, values)
        labels = by_kind["Deployment"]["spec"]["template"]["metadata"]["labels"]
    else:
        labels = values.get("selectorLabels", {})
    wanted = {port_name: port} | ({metrics.get("portName", "metrics"): metrics["port"]} if separate else {})
    service = by_kind.get("Service")
    if service:
        yield from selects(service["spec"]["selector"], labels, "Service")
        if {one["name"]: one["targetPort"] for one in service["spec"]["ports"]} != wanted:
            yield f"the Service has the ports {service['spec']['ports']}"
    job = options.get("name") or "shop-actix-service"

    if monitor := by_kind.get("ServiceMonitor"):
        endpoint = monitor["spec"]["endpoints"][0]
        found = service["metadata"]["labels"] if service else options["labels"]
        yield from selects(monitor["spec"]["selector"]["matchLabels"], found, "ServiceMonitor")
        if endpoint["port"] != list(wanted)[-1]:
            yield f"ServiceMonitor scrapes port {endpoint['port']}"
        wished = {"interval": "15s", **metrics["serviceMonitor"]}
        for key in ("interval", "relabelings", "metricRelabelings"):
            if key in wished and endpoint[key] != wished[key]:
                yield f"ServiceMonitor: {key} is {endpoint[key]}"
        yield from selects(metrics["serviceMonitor"].get("labels") or {"app.kubernetes.io/instance": "shop"}, monitor["metadata"]["labels"], "the labels")
        if endpoint["path"] != metrics.get("path", "/metrics"):
            yield f"ServiceMonitor: path is {endpoint['path']}"
    if policy := by_kind.get("NetworkPolicy"):
        yield from selects(policy["spec"]["podSelector"]["matchLabels"], labels, "NetworkPolicy")
        open_to_all = [one["port"] for rule in policy["spec"]["ingress"] if not rule.get("from") for one in rule["ports"]]
        limited = [one["port"] for rule in policy["spec"]["ingress"] if rule.get("from") for one in rule["ports"]]
        if open_to_all != [port] or limited != [metrics["port"]]:
            yield f"NetworkPolicy opens {open_to_all} and limits {limited}"
    prefix = "".join(f"{metrics[key]}_" for key in ("namespace", "subsystem") if metrics.get(key))
    runbooks = metrics.get("runbookBaseUrl", "https://runbooks.example.com")
    if rule := by_kind.get("PrometheusRule"):
        yield from rule_problems(rule, job, prefix, runbooks, metrics["prometheusRule"])
    if board := by_kind.get("ConfigMap"):
        ((name, text),) = board["data"].items()
        dashboard = json.loads(text)
        variables = {one["name"]: one["query"] for one in dashboard["templating"]["list"]}
        first = str(metrics.get("latencyBuckets", [0.3])[0])
        bucket = first if "." in first else f"{first}|{first}.0"
        if (variables["prefix"], variables["runbooks"], variables["bucket"]) != (prefix, runbooks, bucket) or name != f"{job}.json":
            yield f"the dashboard {name} has {variables}"
        if "example shop" in text:
            yield "the dashboard has the row of the example"
    for kind, given in (("Service", options), ("Deployment", values.get("deployment", {})), ("ServiceAccount", values.get("serviceAccount", {}))):
        if kind in by_kind and by_kind[kind]["metadata"].get("annotations") != given.get("annotations"):
            yield f"{kind}: annotations are {by_kind[kind]['metadata'].get('annotations')}"
    for kind, key in (("ServiceMonitor", "serviceMonitor"), ("PrometheusRule", "prometheusRule"), ("ConfigMap", "dashboard"), ("NetworkPolicy", "networkPolicy")):
        if kind in by_kind and by_kind[kind]["metadata"].get("annotations") != metrics[key].get("annotations"):
            yield f"{kind}: annotations are {by_kind[kind]['metadata'].get('annotations')}"


def rule_problems(manifest, job, prefix, runbooks, options):
    own = f'job="{job}", namespace="blue"'
    rules = [one for group in manifest["spec"]["groups"] for one in group["rules"]]
    for one in rules:
        expression = one["expr"]
        if '=~".+"' in expression or expression.count("{") != expression.count("{" + own):
            yield f"not narrowed to the release: {expression}"
        bare = re.findall(r"(?<![\w:])((?:\w+_)?(?:http|task)_\w+)\{", expression)
        for name in bare:
            objective = re.fullmatch(r"(http|task)_slo_\w+", name)
            if not objective and not name.startswith((f"{prefix}http_", f"{prefix}task_")):
                yield f"{name} lacks the prefix {prefix!r}"
        if "alert" in one and one["annotations"]["runbook_url"] != f"{runbooks}/{one['alert']}.md":
            yield f"{one['alert']}: runbook_url is {one['annotations']['runbook_url']}"
    alerts = {}
    for one in rules:
        if "alert" in one:
            alerts[one["alert"]] = alerts.get(one["alert"], "") + one["expr"] + f" for {one.get('for')}"
    limits = {"minimumErrors": 5, "errorShare": 0.01, "latencyP99": 1, "inProgress": 100, "taskFailedShare": 0.1, "taskMinimumFailures": 3, "taskStuckAfter": "1h"} | options.get("thresholds", {})
    for alert, limit in (
        ("ErrorBudgetBurn", f">= {limits['minimumErrors']}"),
        ("HttpErrorShareHigh", f"> {limits['errorShare']}"),
        ("HttpErrorShareHigh", f">= {limits['minimumErrors']}"),
        ("HttpLatencyP99High", f"> {limits['latencyP99']}"),
        ("HttpInProgressSaturation", f"> {limits['inProgress']}"),
        ("TaskFailing", f"> {limits['taskFailedShare']}"),
        ("TaskFailing", f">= {limits['taskMinimumFailures']}"),
        ("TaskStuck", f"for {limits['taskStuckAfter']}"),
    ):
        if not re.search(re.escape(limit) + r"(?![\d.])", alerts[alert]):
            yield f"{alert} does not apply {limit}"
    if alerts["ErrorBudgetBurn"].count(f">= {limits['minimumErrors']}") != 4:
        yield "a pair of windows has another minimum of errors"
    objectives = options.get("defaultObjectives", {})
    groups = {group["name"]: group for group in manifest["spec"]["groups"]}
    for name in ("availability", "latency"):
        if (f"slo-default-{name}" in groups) != (objectives.get(name) is not None):
            yield f"the default objective of {name} is rendered, or is not"
    yield from promtool(manifest["spec"]["groups"], objectives, own)


def promtool(groups, objectives, own):
    """The rendered rules are valid, and default objectives work with a whole number of seconds however `le` is written."""
    with tempfile.TemporaryDirectory() as work:
        path = pathlib.Path(work) / "rules.yml"
        path.write_text(yaml.safe_dump({"groups": groups}, width=10**6))
        done = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True)
        if done.returncode or "FAILED" in done.stdout + done.stderr:
            yield done.stdout + done.stderr
        if objectives != OBJECTIVES:
            return
        for le in ("1", "1.0"):
            series = {f'http_request_duration_seconds_bucket{{{own}, instance="a", handler="/x", method="GET", le="{le}"}}': "0+60x60", f'http_request_duration_seconds_count{{{own}, instance="a", handler="/x", method="GET"}}': "0+100x60"}
            wanted = [
                {"expr": "round(slo:errors:ratio_1h, 0.01)", "eval_time": "60m", "exp_samples": [{"labels": f'{{{own}, handler="/x", method="GET", objective="latency"}}', "value": 0.4}]},
                {"expr": "slo:objective:ratio", "eval_time": "60m", "exp_samples": [{"labels": f'slo:objective:ratio{{{own}, handler="/x", method="GET", objective="latency"}}', "value": 0.9}]},
            ]
            test = {"rule_files": ["rules.yml"], "evaluation_interval": "30s", "group_eval_order": [group["name"] for group in groups], "tests": [{"interval": "1m", "input_series": [{"series": name, "values": values} for name, values in series.items()], "promql_expr_test": wanted}]}
            (path.parent / "test.yml").write_text(yaml.safe_dump(test, width=10**6))
            done = subprocess.run(["promtool", "test", "rules", "test.yml"], cwd=work, capture_output=True, text=True)
            if done.returncode:
                yield f"le={le}: {done.stdout + done.stderr}"


def problems_of(chart, path, metrics, values, kinds):
    values = {**copy.deepcopy(values), "metrics": copy.deepcopy(metrics)}
    linted = helm_python.chart.lint(path, values, strict=True)
    yield from linted["errors"] if isinstance(linted, dict) else linted.errors
    by_kind = {}
    for document in documents(chart.render(values, name="shop", namespace="blue")):
        validate(document)
        by_kind[document["kind"]] = document
    if set(by_kind) != kinds:
        yield f"rendered {sorted(by_kind)}"
    yield from cross_check(by_kind, metrics, values)


def run(results):
    with tempfile.TemporaryDirectory(prefix="chart-") as work:
        # Helm follows the links under files/ and logs each; once is enough.
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
    for name, (values, wanted) in REFUSED.items():
        try:
            chart.render(values, name="shop", namespace="blue")
        except Exception as error:
            results.check(f"chart refuses {name}", [] if re.search(wanted, str(error)) else [str(error)])
        else:
            results.check(f"chart refuses {name}", ["it was rendered"])
