"""The panels that Grafana's dashboard and Prometheus' console show: titles, queries, units.

`grafana.py` and `console.py` write them in the form each needs; `write` calls both. Queries use Grafana's
variables; the console replaces them.
"""

from dataclasses import dataclass, field

INSTANCE = 'cluster=~"$cluster", namespace=~"$namespace", job=~"$job", instance=~"$instance"'
HTTP = INSTANCE + ', handler=~"$handler"'
# Recorded series have no instance. Those of tasks have no handler; `.*` matches them as well.
SLO = 'cluster=~"$cluster", namespace=~"$namespace", job=~"$job", handler=~"$handler"'
RATE = "[$__rate_interval]"
FAILED = 'status=~"5.."'
RUN_FAILED = 'outcome=~"error|panic"'
RUN_ENDED = 'outcome!="cancelled"'
HIT = 'hit="true"'
# The columns of a table and the labels in each.
COLUMNS = {"Service": ("cluster", "namespace", "job"), "Handler or task": ("method", "handler", "task"), "Kind": ("objective",)}
ROW = tuple(label for labels in COLUMNS.values() for label in labels)
OBJECTIVE = "{{job}} {{method}} {{handler}}{{task}} {{objective}}"


@dataclass
class Query:
    expr: str
    legend: str = "__auto"
    # A column of a table.
    column: str = ""
    unit: str = ""
    exemplar: bool = False


@dataclass
class Panel:
    kind: str
    title: str
    description: str
    unit: str
    queries: list
    width: int
    height: int = 8
    stacked: bool = False
    minimum: float | None = 0
    # (value, color): where a line is drawn, or from where a number changes its color.
    thresholds: list = field(default_factory=list)
    runbook: str = ""
    # The label columns of a table, and the labels in each.
    labels: dict = field(default_factory=dict)
    sort: str = ""


@dataclass
class Row:
    title: str
    panels: list
    collapsed: bool = False


def stat(title, description, unit, expr, width=4, thresholds=(), minimum=0):
    return Panel("stat", title, description, unit, [Query(expr)], width, 4, thresholds=list(thresholds), minimum=minimum)


def graph(title, description, unit, *queries, width=12, **options):
    return Panel("timeseries", title, description, unit, list(queries), width, **options)


def http(family, *extra, window=RATE):
    return f"${{prefix}}http_{family}{{{', '.join((HTTP, *extra))}}}{window}"


def task(family, *extra, window=RATE):
    return f"${{prefix}}task_{family}{{{', '.join((INSTANCE, *extra))}}}{window}"


def shop(family, *extra, window=RATE):
    return f"${{prefix}}shop_{family}{{{', '.join((INSTANCE, *extra))}}}{window}"


def mean(family):
    """Of a histogram or a summary of the shop."""
    return f"sum(rate({shop(family + '_sum')})) / (sum(rate({shop(family + '_count')})) > 0)"


def shop_quantile(family, *labels):
    by = ", ".join(labels)
    return f"histogram_quantile(0.95, sum by ({by}, le) (rate({shop(family + '_bucket')}))) and sum by ({by}) (rate({shop(family + '_count')})) > 0"


def failed_share(by, window=RATE):
    """Zero where nothing failed, absent where there was no traffic."""
    every = f"sum{by} (rate({http('requests_total', window=window)}))"
    failed = f"sum{by} (rate({http('requests_total', FAILED, window=window)}))"
    return f"({failed} or 0 * {every}) / ({every} > 0)"


def shared_buckets(window=RATE):
    """Only handlers with the default buckets: histograms with different buckets cannot be added up."""
    has_bucket = http("request_duration_seconds_bucket", 'le=~"$bucket"', window="")
    return f"sum by (le) (rate({http('request_duration_seconds_bucket', window=window)}) and ignoring (le) {has_bucket})"


def quantile(q):
    return f"histogram_quantile({q}, {shared_buckets()})"


def quantile_by_handler(q, window=RATE):
    buckets = http("request_duration_seconds_bucket", window=window)
    count = http("request_duration_seconds_count", window=window)
    return f"histogram_quantile({q}, sum by (handler, le) (rate({buckets}))) and sum by (handler) (rate({count})) > 0"


def mean_size(family):
    total, count = http(f"{family}_size_bytes_sum"), http(f"{family}_size_bytes_count")
    return f"sum by (handler) (rate({total})) / (sum by (handler) (rate({count})) > 0)"


def one_row(series):
    """Without the name of the series: a table merges rows whose labels are equal."""
    return f"max by ({', '.join(ROW)}) ({series}{{{SLO}}})"


def burn(long, short, factor, severity):
    color = {"page": "red", "ticket": "orange"}[severity]
    return graph(
        f"Burn over {long} and {short}",
        f"How many times faster than allowed the budget burns. Both windows over the line: {severity}.",
        "short",
        *(Query(f"slo:errors:ratio_{window}{{{SLO}}} / (1 - slo:objective:ratio{{{SLO}}})", f"{OBJECTIVE} {window}") for window in (long, short)),
        width=12,
        height=7,
        thresholds=[(factor, color)],
        runbook="ErrorBudgetBurn",
    )


NOW = Row(
    "Now",
    [
        stat("Requests", "Requests per second to the selected handlers.", "reqps", f"sum(rate({http('requests_total')}))"),
        stat(
            "5xx share",
            "Share of requests answered with 5xx. Empty while there is no traffic.",
            "percentunit",
            f"(sum(rate({http('requests_total', FAILED)})) or vector(0)) / (sum(rate({http('requests_total')})) > 0)",
            thresholds=[(0.001, "orange"), (0.01, "red")],
        ),
        stat("p95", "95 % of the requests take less. Handlers with buckets of their own are left out; see the panel by handler.", "s", quantile(0.95)),
        stat(
            "Lowest budget left",
            "The smallest error budget left over 30 days, of all objectives selected.",
            "percentunit",
            f"min(slo:budget_left:ratio_30d{{{SLO}}})",
            thresholds=[(float("-inf"), "red"), (0, "orange"), (0.25, "green")],
            minimum=None,
        ),
        stat("In progress", "Requests begun and not yet answered to the last byte.", "short", f"sum({http('requests_inprogress', window='')})"),
        stat("Instances up", "Scraped successfully at the last attempt.", "short", f"sum(up{{{INSTANCE}}})"),
    ],
)

OBJECTIVES = Row(
    "Objectives",
    [
        Panel(
            "table",
            "Objectives",
            "Every objective that the selected services expose. A budget left of 100 % is whole, 0 % is used up, less is overdrawn.",
            "percentunit",
            [
                Query(one_row("slo:objective:ratio"), column="Objective", unit="percentunit"),
                Query(one_row("slo:budget_left:ratio_30d"), column="Budget left, 30 d", unit="percentunit"),
                Query(one_row("slo:burn:ratio_1h"), column="Burn, 1 h", unit="short"),
                Query(one_row("slo:events:rate5m"), column="Events/s", unit="ops"),
            ],
            14,
            labels=COLUMNS,
            sort="Budget left, 30 d",
            runbook="ErrorBudgetBurn",
        ),
        graph(
            "Budget left",
            "Share of the error budget of 30 days that is left, from the recording rules. Below 0 the objective is missed.",
            "percentunit",
            Query(f"slo:budget_left:ratio_30d{{{SLO}}}", OBJECTIVE),
            width=10,
            thresholds=[(0, "red")],
            minimum=None,
            runbook="ErrorBudgetBurn",
        ),
        burn("1h", "5m", 14.4, "page"),
        burn("6h", "30m", 6, "page"),
        burn("1d", "2h", 3, "ticket"),
        burn("3d", "6h", 1, "ticket"),
    ],
)

RATES = Row(
    "Rate and errors",
    [
        graph(
            "Requests by status",
            "Requests per second, by the status the client saw. 499: the client left before an answer existed.",
            "reqps",
            Query(f"sum by (status) (rate({http('requests_total')}))", "{{status}}"),
            stacked=True,
        ),
        graph(
            "5xx share by handler",
            "Share of each handler's requests answered with 5xx. Zero, not absent, where there is none; idle handlers are left out.",
            "percentunit",
            Query(failed_share(" by (handler)"), "{{handler}}"),
            runbook="HttpErrorShareHigh",
        ),
        graph(
            "Requests by handler",
            "Requests per second of the ten busiest handlers.",
            "reqps",
            Query(f"topk(10, sum by (handler) (rate({http('requests_total')})))", "{{handler}}"),
            stacked=True,
        ),
        graph(
            "Exceptions",
            "Handlers that returned an error, by its static type, or panicked. Counts 4xx errors as well.",
            "ops",
            Query(f"sum by (handler, exception_type) (rate({http('exceptions_total')})) > 0", "{{handler}} {{exception_type}}"),
            runbook="HttpErrorShareHigh",
        ),
    ],
)

DURATION = Row(
    "Duration",
    [
        graph(
            "Quantiles",
            "Over the selected handlers that share the default buckets: quantiles of histograms with different buckets cannot be added up. Shows exemplars where the service exports them.",
            "s",
            *(Query(quantile(q), legend, exemplar=True) for q, legend in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))),
        ),
        graph(
            "p99 by handler",
            'Right for every handler, whatever its buckets. A value at the highest bucket means "at least that".',
            "s",
            Query(quantile_by_handler(0.99), "{{handler}}", exemplar=True),
            runbook="HttpLatencyP99High",
        ),
        Panel(
            "heatmap",
            "Heatmap",
            "Requests per second in each bucket. Exemplars, where the service exports them, are dots that link to a trace.",
            "short",
            [Query(shared_buckets(), "{{le}}", exemplar=True)],
            24,
            9,
        ),
    ],
)

HANDLERS = Row(
    "Handlers",
    [
        Panel(
            "table",
            "Top handlers",
            "The twenty busiest handlers over the last five minutes.",
            "short",
            [
                Query(f"topk(20, sum by (handler) (rate({http('requests_total', window='[5m]')})) > 0)", column="Requests/s", unit="reqps"),
                Query(failed_share(" by (handler)", "[5m]"), column="5xx share", unit="percentunit"),
                Query(quantile_by_handler(0.5, "[5m]"), column="p50", unit="s"),
                Query(quantile_by_handler(0.99, "[5m]"), column="p99", unit="s"),
            ],
            24,
            9,
            labels={"Handler": ("handler",)},
            sort="Requests/s",
        )
    ],
)

SATURATION = Row(
    "Saturation and sizes",
    [
        graph(
            "In progress by handler",
            "Requests begun and not yet answered to the last byte, streams included.",
            "short",
            Query(f"sum by (handler) ({http('requests_inprogress', window='')})", "{{handler}}"),
            width=8,
            stacked=True,
            runbook="HttpInProgressSaturation",
        ),
        graph("Request body, mean", "Mean size of request bodies. Sizes have sum and count only; they have no quantiles.", "bytes", Query(mean_size("request"), "{{handler}}"), width=8),
        graph("Response body, mean", "Mean size of response bodies. Sizes have sum and count only; they have no quantiles.", "bytes", Query(mean_size("response"), "{{handler}}"), width=8),
    ],
)

TASKS = Row(
    "Tasks",
    [
        graph(
            "Runs by outcome",
            "Runs per second that ended, by how they ended.",
            "ops",
            Query(f"sum by (outcome) (rate({task('runs_total')}))", "{{outcome}}"),
            width=8,
            stacked=True,
        ),
        graph(
            "Failing share",
            "Share of the runs of the last hour that ended in an error or a panic. Cancelled runs do not count; idle tasks are left out.",
            "percentunit",
            Query(
                f"sum by (task) (rate({task('runs_total', RUN_FAILED, window='[1h]')}))"
                f" / (sum by (task) (rate({task('runs_total', RUN_ENDED, window='[1h]')})) > 0)",
                "{{task}}",
            ),
            width=8,
            thresholds=[(0.1, "orange")],
            runbook="TaskFailing",
        ),
        graph(
            "Errors by type",
            "Runs that returned an error, by its static type.",
            "ops",
            Query(f"sum by (task, error_type) (rate({task('errors_total')})) > 0", "{{task}} {{error_type}}"),
            width=8,
            runbook="TaskFailing",
        ),
        graph(
            "Duration, p95",
            "95 % of the runs take less, whatever their outcome. Idle tasks are left out.",
            "s",
            Query(
                f"histogram_quantile(0.95, sum by (task, le) (rate({task('duration_seconds_bucket', window='[1h]')})))"
                f" and sum by (task) (rate({task('duration_seconds_count', window='[1h]')})) > 0",
                "{{task}}",
            ),
            width=8,
        ),
        graph(
            "Runs in progress",
            "Runs begun and not yet ended.",
            "short",
            Query(f"sum by (task) ({task('inprogress', window='')})", "{{task}}"),
            width=8,
            runbook="TaskStuck",
        ),
        graph(
            "Time since the last success, in intervals",
            "How many of its declared intervals ago a task last succeeded. From 2 on it alerts.",
            "short",
            Query(
                'max by (job, task) (time() - job_task:task_last_success_timestamp_seconds:max{cluster=~"$cluster", namespace=~"$namespace", job=~"$job"})'
                f" / max by (job, task) ({task('interval_seconds', window='')})",
                "{{job}} {{task}}",
            ),
            width=8,
            thresholds=[(2, "red")],
            runbook="TaskNotSucceeding",
        ),
    ],
)

# An example to copy for metrics of your own; `artifacts` generates such panels from the code.
BUSINESS = Row(
    "Business metrics of the example shop",
    [
        graph("Orders", "Orders per second, by how they were paid and how they ended.", "ops", Query(f"sum by (payment, outcome) (rate({shop('orders_total')}))", "{{payment}} {{outcome}}"), width=8, stacked=True),
        graph("Revenue", "Euros per second.", "short", Query(f"sum by (payment) (rate({shop('revenue_euros_total')}))", "{{payment}}"), width=8, stacked=True),
        graph("Items per order, mean", "From a histogram's sum and count.", "short", Query(mean("order_items"), "items"), width=8),
        graph("Packing and queue", "Orders being packed, and orders that wait.", "short", Query(f"sum({shop('packing', window='')})", "packing"), Query(f"sum({shop('queue_length', window='')})", "waiting"), width=8),
        graph("Receipt size, mean", "Mean size of a receipt.", "bytes", Query(mean("receipt_size_bytes"), "receipts"), width=8),
        graph(
            "Cache hit ratio",
            "Share of the look-ups that found a product.",
            "percentunit",
            Query(f"sum(rate({shop('cache_lookups_total', HIT)})) / (sum(rate({shop('cache_lookups_total')})) > 0)", "hits"),
            width=8,
        ),
        graph("Database, p95", "95 % of the operations take less.", "s", Query(shop_quantile("database_operation_duration_seconds", "operation", "table"), "{{operation}} {{table}}"), width=8),
        graph("Model calls, p95", "95 % of the calls of a language model take less.", "s", Query(shop_quantile("model_call_duration_seconds", "model"), "{{model}}"), width=8),
        graph("Model tokens", "Tokens per second that language models read and wrote.", "ops", Query(f"sum by (model, direction) (rate({shop('model_tokens_total')}))", "{{model}} {{direction}}"), width=8, stacked=True),
    ],
    collapsed=True,
)

PROCESS = Row(
    "Process",
    [
        graph("CPU", "Cores in use; a worker thread can fill one. Over five minutes, because the counter moves in whole seconds.", "short", Query(f"rate(process_cpu_seconds_total{{{INSTANCE}}}[5m])", "{{instance}}"), width=6),
        graph("Memory", "Resident memory.", "bytes", Query(f"process_resident_memory_bytes{{{INSTANCE}}}", "{{instance}}"), width=6),
        graph("Open files", "Open file descriptors, connections included, as a share of the limit.", "percentunit", Query(f"process_open_fds{{{INSTANCE}}} / process_max_fds{{{INSTANCE}}}", "{{instance}}"), width=6),
        graph("Uptime", "Time since start; a drop is a restart.", "s", Query(f"time() - process_start_time_seconds{{{INSTANCE}}}", "{{instance}}"), width=6),
    ],
)

ROWS = [NOW, OBJECTIVES, RATES, DURATION, HANDLERS, SATURATION, TASKS, BUSINESS, PROCESS]
