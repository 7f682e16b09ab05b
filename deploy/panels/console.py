"""Writes the panels as a Prometheus console template, for those without Grafana.

It needs `prom.lib`, which Prometheus and Debian's package ship, and takes the dashboard's variables as parameters
of the page: `/consoles/index.html?job=shop`. A parameter is a regular expression, as in the dashboard.
"""

import re

from panels import ROWS

VARIABLES = {"cluster": ".*", "namespace": ".*", "job": ".*", "instance": ".*", "handler": ".*", "bucket": "0.3", "prefix": "", "runbooks": "https://runbooks.example.com"}
# How a unit is written: Grafana's name, the formatter of axes, the suffix, and the template of a single number.
UNITS = {
    "reqps": ("humanizeNoSmallPrefix", " req/s", "printf.3g"),
    "ops": ("humanizeNoSmallPrefix", " per s", "printf.3g"),
    "s": ("seconds", "s", "humanizeDuration"),
    "bytes": ("bytes", "B", "humanize1024"),
    "percentunit": ("percentage", "", "humanizePercentage"),
    "short": ("humanizeNoSmallPrefix", "", "printf.3g"),
}

HEAD = """{{/* Written by deploy/panels/write from deploy/panels/panels.py: change it there. */}}
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>actix-web service: rate, errors, duration</title>
{{ template "prom_console_head" }}
<style>
body { padding: 0 1.5rem 4rem; }
h2 { margin: 1.5rem 0 .5rem; border-bottom: 1px solid #ccc; font-size: 1.2rem; }
.panels { display: grid; grid-template-columns: repeat(24, 1fr); gap: 0 1rem; }
.panel { min-width: 0; overflow-x: auto; }
.panel h3 { font-size: .95rem; margin: .8rem 0 .2rem; }
.number { font-size: 1.6rem; }
.prom_graph_table { table-layout: fixed; width: 100%; }
.prom_graph_table tr > td:first-child { width: 16px; }
.rickshaw_legend { max-height: 6.5rem; overflow-y: auto; }
.rickshaw_graph .detail .item { white-space: nowrap; }
.variables a, .variables b { margin-right: .7rem; }
</style>
<script>
// The legend of a series: each [[label]] replaced by its value, or by nothing.
function legend(pattern) {
  return function (labels) {
    return pattern.replace(/\\[\\[(\\w+)\\]\\]/g, function (_, name) { return labels[name] || ""; }).replace(/ +/g, " ").trim();
  };
}
// The formatters of the library write zero with an exponent.
["humanize", "humanize1024"].forEach(function (name) {
  var format = PromConsole.NumberFormatter[name];
  PromConsole.NumberFormatter[name === "humanize" ? "seconds" : "bytes"] = function (x) { return x === 0 ? "0" : format(x); };
});
PromConsole.NumberFormatter.percentage = function (x) {
  return x === null ? "null" : PromConsole.NumberFormatter.humanizeNoSmallPrefix(100 * x) + " %";
};
</script>
</head>
<body>
"""

# Instances and handlers are narrowed by hand, in the address.
MENU = """<h1 class="h3 mt-3">actix-web service: rate, errors, duration</h1>
<p class="variables">Job:
{{ if eq $job ".*" }}<b>all</b>{{ else }}<a href="index.html">all</a>{{ end }}
{{ range printf `count by (job) ({__name__=~"%shttp_requests_total|%stask_runs_total"})` $prefix $prefix | query | sortByLabel "job" }}
{{ if eq .Labels.job $job }}<b>{{ .Labels.job }}</b>{{ else }}<a href="index.html?job={{ .Labels.job }}&amp;prefix={{ $prefix }}">{{ .Labels.job }}</a>{{ end }}
{{ end }}
&middot; <a href="{{ $runbooks }}/README.md">Runbooks</a> &middot; <a href="{{ pathPrefix }}/alerts">Alerts</a></p>
"""


def template(expr):
    """The expression as Go's `printf` of the page's variables. `$__rate_interval` has no counterpart."""
    expr = expr.replace("$__rate_interval", "5m")
    names = re.findall(r"\$\{?(\w+)\}?", expr)
    assert "%" not in expr and "`" not in expr and set(names) <= set(VARIABLES), expr
    form = re.sub(r"\$\{?\w+\}?", "%s", expr)
    return f"printf `{form}` " + " ".join(f"${name}" for name in names)


def names(panel):
    for value, _ in panel.thresholds:
        yield f"threshold {value:g}"
    for one in panel.queries:
        yield one.legend.replace("{{", "[[").replace("}}", "]]")


def graph(panel, identifier):
    formatter, suffix, _ = UNITS["s" if panel.kind == "heatmap" else panel.unit]
    if panel.kind == "heatmap":
        formatter, suffix = "humanizeNoSmallPrefix", " req/s"
    # Thresholds first: the library's first color is red.
    lines = [f"printf `vector({value:g})`" for value, _ in panel.thresholds] + [template(one.expr) for one in panel.queries]
    legends = list(names(panel))
    expressions = ",\n    ".join("{{ " + line + " }}" for line in lines)
    functions = ", ".join(f'legend("{name}")' for name in legends)
    renderer = "area" if panel.stacked else "line"
    minimum = '"auto"' if panel.minimum is None else str(panel.minimum)
    return f"""<div id="{identifier}"></div>
<script>
new PromConsole.Graph({{
  node: document.getElementById("{identifier}"),
  expr: [
    {expressions}
  ],
  name: [{functions}],
  renderer: "{renderer}",
  min: {minimum},
  height: {panel.height * 20},
  yAxisFormatter: PromConsole.NumberFormatter.{formatter},
  yHoverFormatter: PromConsole.NumberFormatter.{formatter},
  yUnits: "{suffix}",
  xTitle: ""
}});
</script>"""


def number(panel):
    _, suffix, form = UNITS[panel.unit]
    drill = f'{{{{ template "prom_query_drilldown" (args ({template(panel.queries[0].expr)}) "{suffix if form == "printf.3g" else ""}" "{form}") }}}}'
    return f'<div class="number">{drill}</div>'


def cell(index, one):
    """The value of a further column: from its own query, the series with the labels of the row."""
    form = UNITS[one.unit][2]
    return f"<td>{{{{ range $values{index} }}}}{{{{ if eq (printf `%v` .Labels) (printf `%v` $row.Labels) }}}}{{{{ tmpl `{form}` .Value }}}}{{{{ end }}}}{{{{ end }}}}</td>"


def table(panel):
    head = "".join(f"<th>{name}</th>" for name in (*panel.labels, *(one.column for one in panel.queries)))
    out = ['<table class="table table-sm table-bordered">', f"<tr>{head}</tr>"]
    for index, one in enumerate(panel.queries):
        out.append(f"{{{{ $values{index} := query ({template(one.expr)}) }}}}")
    out.append("{{ range $row := $values0 }}<tr>")
    # Labels that a service lacks leave no gap.
    out += ["<td>" + "".join(f"{{{{ with .Labels.{name} }}}}{{{{ . }}}} {{{{ end }}}}" for name in names) + "</td>" for names in panel.labels.values()]
    out.append(f"<td>{{{{ tmpl `{UNITS[panel.queries[0].unit][2]}` .Value }}}}</td>")
    out += [cell(index, one) for index, one in enumerate(panel.queries) if index]
    out.append("</tr>{{ end }}")
    out.append("</table>")
    return "\n".join(out)


def page():
    out = [HEAD]
    for name, default in VARIABLES.items():
        out.append(f"{{{{ ${name} := or .Params.{name} `{default}` }}}}")
    out.append(MENU)
    out.append('{{ template "prom_graph_timecontrol" . }}')
    count = 0
    for row in ROWS:
        out.append(f'<h2>{row.title}</h2>\n<div class="panels">')
        for panel in row.panels:
            count += 1
            body = {"stat": number, "table": table}.get(panel.kind)
            body = body(panel) if body else graph(panel, f"panel{count}")
            title = panel.title
            if panel.runbook:
                title += f' <a href="{{{{ $runbooks }}}}/{panel.runbook}.md" title="Runbook">?</a>'
            description = panel.description.replace('"', "&quot;")
            out.append(f'<section class="panel" style="grid-column: span {panel.width}">\n<h3 title="{description}">{title}</h3>\n{body}\n</section>')
        out.append("</div>")
    out.append("</body>\n</html>")
    return "\n".join(out) + "\n"
