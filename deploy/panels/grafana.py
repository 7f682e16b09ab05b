"""Writes the panels as a Grafana dashboard, for Grafana 10.1 or later."""

import json

from panels import ROWS

DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Jobs of services and of workers without requests.
MEMBERS = '{__name__=~"${prefix}http_requests_total|${prefix}task_runs_total"'


def variable(kind, name, label, description, **more):
    return {"type": kind, "name": name, "label": label, "description": description, "hide": 0, "skipUrlSync": False, "options": []} | more


def text(name, label, description, value, hide=0):
    return variable("textbox", name, label, description, query=value, current={"text": value, "value": value, "selected": True}, hide=hide)


def query(name, label, description, selector):
    return variable(
        "query",
        name,
        label,
        description,
        datasource=DATA_SOURCE,
        query={"query": f"label_values({selector}, {name})", "refId": "Variable"},
        refresh=2,
        sort=1,
        multi=True,
        includeAll=True,
        # Also matches series that lack the label.
        allValue=".*",
        current={"text": "All", "value": "$__all", "selected": True},
    )


def variables():
    chosen = MEMBERS
    yield variable(
        "datasource", "datasource", "Data source", "", query="prometheus", current={"text": "Prometheus", "value": "prometheus", "selected": True}, multi=False, includeAll=False, refresh=1
    )
    yield text("prefix", "Prefix", "METRICS_NAMESPACE and METRICS_SUBSYSTEM with their underscores, such as shop_api_; empty by default.", "")
    for name, label, description in (
        ("cluster", "Cluster", "External label of the Prometheus that scraped; empty where there is only one."),
        ("namespace", "Namespace", "Kubernetes namespace; empty elsewhere."),
        ("job", "Job", "Scrape job."),
        ("instance", "Instance", "One process."),
    ):
        yield query(name, label, description, chosen + "}")
        chosen += f', {name}=~"${name}"'
    yield query("handler", "Handler", "Route template; none is what matched no route.", chosen.replace(MEMBERS, "${prefix}http_requests_total{").replace("{, ", "{") + "}")
    yield text("bucket", "Shared bucket", "A regular expression for `le` that only the default latency buckets have; quantiles over handlers use those handlers.", "0.3", hide=2)
    yield text("runbooks", "Runbooks", "Where docs/runbooks is published.", "https://runbooks.example.com", hide=2)


def target(panel, index, one):
    found = {
        "refId": chr(ord("A") + index),
        "datasource": DATA_SOURCE,
        "expr": one.expr,
        "legendFormat": one.legend,
        "range": panel.kind != "table",
        "instant": panel.kind == "table",
        "editorMode": "code",
    }
    if panel.kind in ("table", "heatmap"):
        found["format"] = panel.kind
    if one.exemplar:
        found["exemplar"] = True
    return found


def link(title, url):
    return {"title": title, "type": "link", "icon": "doc", "tooltip": "", "url": url, "tags": [], "asDropdown": False, "targetBlank": True, "includeVars": False, "keepTime": False}


def field_config(panel):
    defaults = {"unit": panel.unit}
    if panel.kind in ("stat", "timeseries") and panel.minimum is not None:
        defaults["min"] = panel.minimum
    if panel.thresholds:
        below = panel.thresholds[0][1] if panel.thresholds[0][0] == float("-inf") else "transparent" if panel.kind == "timeseries" else "green"
        steps = [{"color": below, "value": None}]
        steps += [{"color": color, "value": value} for value, color in panel.thresholds if value != float("-inf")]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        if panel.kind == "stat":
            defaults["color"] = {"mode": "thresholds"}
    if panel.kind == "timeseries":
        defaults["custom"] = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 30 if panel.stacked else 10, "showPoints": "never"}
        if panel.stacked:
            defaults["custom"]["stacking"] = {"mode": "normal", "group": "A"}
        if panel.thresholds:
            defaults["custom"]["thresholdsStyle"] = {"mode": "line"}
    overrides = [{"matcher": {"id": "byName", "options": one.column}, "properties": [{"id": "unit", "value": one.unit}]} for one in panel.queries if one.column]
    return {"defaults": defaults, "overrides": overrides}


OPTIONS = {
    "stat": {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "graphMode": "area",
        "colorMode": "value",
        "textMode": "auto",
        "justifyMode": "auto",
        "orientation": "auto",
    },
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "heatmap": {
        "calculate": False,
        "yAxis": {"unit": "s", "axisPlacement": "left"},
        "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "fill": "dark-orange", "exponent": 0.5, "scale": "exponential", "reverse": False},
        "exemplars": {"color": "rgba(31,120,193,0.9)"},
        "cellGap": 1,
        "filterValues": {"le": 1e-09},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"show": True, "yHistogram": False},
    },
}


def table(panel):
    columns = {f"Value #{chr(ord('A') + index)}": one.column for index, one in enumerate(panel.queries)}
    labels = [label for some in panel.labels.values() for label in some]
    kept = [*labels, *columns]
    return {
        "options": {"showHeader": True, "sortBy": [{"displayName": panel.sort, "desc": panel.sort == "Requests/s"}]},
        # Rows of equal labels become one. A topk in the first query leaves rows that only the others have.
        "transformations": [
            {"id": "joinByField", "options": {"byField": labels[0], "mode": "inner"}}
            if len(labels) == 1
            else {"id": "merge", "options": {}},
            {
                "id": "organize",
                "options": {
                    "excludeByName": {name: True for name in ("Time", "Time 1", "Time 2", "Time 3", "Time 4")},
                    "indexByName": {name: index for index, name in enumerate(kept)},
                    "renameByName": columns,
                },
            },
        ],
    }


def grafana_panel(panel, identifier, x, y):
    found = {
        "id": identifier,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATA_SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height},
        "targets": [target(panel, index, one) for index, one in enumerate(panel.queries)],
        "fieldConfig": field_config(panel),
    }
    if panel.runbook:
        found["links"] = [link("Runbook", f"${{runbooks}}/{panel.runbook}.md")]
    return found | (table(panel) if panel.kind == "table" else {"options": OPTIONS[panel.kind]})


def layout():
    """Rows and panels from the top left; a panel that does not fit beside the last begins a line."""
    identifier, y = 0, 0
    for row in ROWS:
        identifier += 1
        head = {"id": identifier, "type": "row", "title": row.title, "collapsed": row.collapsed, "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}, "panels": []}
        y += 1
        x = line = 0
        placed = []
        for panel in row.panels:
            if x + panel.width > 24:
                x, y, line = 0, y + line, 0
            identifier += 1
            placed.append(grafana_panel(panel, identifier, x, y))
            x, line = x + panel.width, max(line, panel.height)
        y += line
        if row.collapsed:
            head["panels"] = placed
            yield head
        else:
            yield head
            yield from placed


def dashboard():
    started = 'process_start_time_seconds{cluster=~"$cluster", namespace=~"$namespace", job=~"$job", instance=~"$instance"}'
    found = {
        "uid": "actix-red",
        "title": "actix-web service: rate, errors, duration",
        "description": "For services instrumented with metrics-runtime.",
        "tags": ["actix-web", "red"],
        "editable": True,
        "graphTooltip": 1,
        "schemaVersion": 38,
        "version": 1,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": list(variables())},
        "annotations": {
            "list": [
                {
                    "name": "Deploys",
                    "datasource": DATA_SOURCE,
                    "enable": True,
                    "hide": False,
                    "iconColor": "blue",
                    # A process that started is a deploy or a restart. The value is the time of the mark, in milliseconds.
                    "expr": f"min by (job, instance) ({started}) * 1000",
                    "useValueForTime": True,
                    "step": "60s",
                    "titleFormat": "{{job}} started",
                    "textFormat": "{{instance}}",
                    "tagKeys": "job",
                }
            ]
        },
        "links": [link("Runbooks", "${runbooks}/README.md")],
        "panels": list(layout()),
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
