"""Draws the dashboard's panels from query results, as Grafana would lay them out, for the guide."""

import datetime
import time

import matplotlib

matplotlib.use("Agg")
import matplotlib.dates
import matplotlib.pyplot as plt

from harness import dashboards, get_json

COLUMNS = 2
PANELS = [
    "Requests by status",
    "5xx share by handler",
    "Requests by handler",
    "Exceptions",
    "Quantiles",
    "p99 by handler",
    "Heatmap",
    "Availability burn rate",
    "In progress",
    "Response body, mean",
    "Open files",
    "Memory",
]
UNITS = {"reqps": "req/s", "ops": "per s", "s": "s", "bytes": "bytes", "percentunit": "share", "short": ""}


def legend(target, labels):
    text = target["legendFormat"]
    for name, value in labels.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def draw(prometheus, begun, concrete, file):
    (dashboard,) = dashboards().values()
    by_title = {}
    for panel in dashboard["panels"]:
        # The last of a title: the single numbers at the top come first.
        by_title[panel["title"]] = panel
    rows = -(-len(PANELS) // COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(12, 2 * rows), layout="constrained")
    for axis, title in zip(axes.flat, PANELS):
        panel = by_title[title]
        unit = UNITS[panel["fieldConfig"]["defaults"]["unit"]]
        axis.set_title(title + (f" ({unit})" if unit else ""), fontsize=9, loc="left")
        axis.tick_params(labelsize=7)
        axis.xaxis.set_major_formatter(matplotlib.dates.DateFormatter("%H:%M:%S"))
        axis.xaxis.set_major_locator(matplotlib.dates.AutoDateLocator(maxticks=6))
        for target in panel["targets"]:
            answer = get_json(f"{prometheus}/api/v1/query_range", query=concrete(target["expr"]), start=begun, end=time.time(), step="1")
            series = answer["data"]["result"]
            if panel["type"] == "heatmap":
                heatmap(figure, axis, series)
                continue
            for one in series:
                times = [datetime.datetime.fromtimestamp(at, datetime.timezone.utc) for at, _ in one["values"]]
                axis.plot(times, [float(value) for _, value in one["values"]], linewidth=1, label=legend(target, one["metric"]))
        if panel["type"] != "heatmap":
            axis.set_ylim(0, axis.get_ylim()[1] * 1.05)
            if title not in ("Open files", "Memory"):
                axis.legend(fontsize=6, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    for axis in list(axes.flat)[len(PANELS) :]:
        axis.axis("off")
    figure.savefig(file, dpi=80)


def heatmap(figure, axis, series):
    """Prometheus' buckets add up; a heatmap shows the difference of each to the one below."""
    series = sorted(series, key=lambda one: float(one["metric"]["le"]))
    columns = sorted({at for one in series for at, _ in one["values"]})
    table, below = [], dict.fromkeys(columns, 0.0)
    for one in series:
        values = {at: float(value) for at, value in one["values"]}
        table.append([max(values.get(at, 0.0) - below[at], 0.0) for at in columns])
        below = {at: values.get(at, 0.0) for at in columns}
    times = [datetime.datetime.fromtimestamp(at, datetime.timezone.utc) for at in columns]
    mesh = axis.pcolormesh(times, range(len(series)), table, cmap="Oranges", shading="nearest")
    axis.set_yticks(range(len(series)), [one["metric"]["le"] for one in series])
    figure.colorbar(mesh, ax=axis).ax.tick_params(labelsize=6)
