"""A simulated shop: exposes objectives, tasks and business metrics, and keeps counting.

    python3 exporter.py --port 9102

`GET /storm` makes half of the orders fail, `GET /calm` ends that. It replaces a service whose objectives are
declared in code, so that rules, dashboard and console can be tried against every family they use.
"""

import argparse
import http.server
import threading
import time

BUCKETS = ("0.05", "0.1", "0.3", "1.0", "3.0", "5.0", "+Inf")
TASK_BUCKETS = ("0.1", "0.5", "1.0", "5.0", "10.0", "30.0", "60.0", "300.0", "600.0", "+Inf")
# (handler, method): objectives as {name: (ratio, threshold in seconds)}.
HANDLERS = {
    ("/orders", "POST"): {"availability": (0.99, None), "latency": (0.99, 0.3)},
    ("/report", "GET"): {"latency": (0.95, 1.0)},
}
TASKS = {"shop::pack": None, "shop::restock": 5.0}
OUTCOMES = ("ok", "error", "panic", "cancelled")


class Shop:
    def __init__(self):
        self.lock = threading.Lock()
        self.storm = threading.Event()
        self.counts = {}
        self.last_success = {}
        self.inprogress = 0
        for handler, method in HANDLERS:
            for status in ("200", "500"):
                self.count(f'http_requests_total{{handler="{handler}",method="{method}",status="{status}"}}', 0)
            for objective in HANDLERS[handler, method]:
                self.objective("http", f'handler="{handler}",method="{method}"', objective, None)
            self.observe("http_request_duration_seconds", f'handler="{handler}",method="{method}"', BUCKETS, None)
        for task in TASKS:
            for outcome in OUTCOMES:
                self.count(f'task_runs_total{{task="{task}",outcome="{outcome}"}}', 0)
            self.observe("task_duration_seconds", f'task="{task}"', TASK_BUCKETS, None)
            for objective in ("availability", "duration"):
                self.objective("task", f'task="{task}"', objective, None)

    def count(self, series, by=1):
        self.counts[series] = self.counts.get(series, 0) + by

    def observe(self, family, labels, buckets, value):
        own = f"{{{labels}}}" if labels else ""
        for bucket in buckets:
            self.count(f'{family}_bucket{{{labels + "," if labels else ""}le="{bucket}"}}', int(value is not None and value <= float(bucket)))
        self.count(f"{family}_sum{own}", value or 0)
        self.count(f"{family}_count{own}", int(value is not None))

    def objective(self, kind, labels, objective, failed):
        """`None` neither succeeded nor failed: only the series is made."""
        for name, by in (("events", failed is not None), ("errors", bool(failed))):
            self.count(f'{kind}_slo_{name}_total{{{labels},objective="{objective}"}}', int(by))

    def request(self, handler, method, status, seconds):
        labels = f'handler="{handler}",method="{method}"'
        self.count(f'http_requests_total{{{labels},status="{status}"}}')
        self.observe("http_request_duration_seconds", labels, BUCKETS, seconds)
        for objective, (_, threshold) in HANDLERS[handler, method].items():
            if objective == "latency":
                self.objective("http", labels, objective, seconds > threshold)
            elif status != "499":
                self.objective("http", labels, objective, status.startswith("5"))

    def run(self, task, outcome, seconds):
        self.count(f'task_runs_total{{task="{task}",outcome="{outcome}"}}')
        self.observe("task_duration_seconds", f'task="{task}"', TASK_BUCKETS, seconds)
        if outcome == "ok":
            self.last_success[task] = time.time()
        elif outcome == "error":
            self.count(f'task_errors_total{{task="{task}",error_type="StockError"}}')
        if outcome != "cancelled":
            self.objective("task", f'task="{task}"', "availability", outcome != "ok")
        self.objective("task", f'task="{task}"', "duration", seconds > 60)

    def tick(self, number):
        """A tenth of a second of business."""
        with self.lock:
            failed = self.storm.is_set() and number % 2 == 0
            self.request("/orders", "POST", "500" if failed else "499" if number % 50 == 7 else "200", 0.02 + number % 10 / 100)
            self.request("/report", "GET", "200", 0.5)
            self.run("shop::pack", ("error" if number % 40 == 3 else "cancelled" if number % 40 == 5 else "ok"), 0.2)
            if number % 10 == 0:
                self.run("shop::restock", "ok", 2.0)
            self.inprogress = number % 3
            if failed:
                return
            payment = ("card", "gift_card", "invoice")[number % 3]
            self.count(f'shop_orders_total{{payment="{payment}",outcome="{"error" if number % 20 == 4 else "ok"}"}}')
            self.count(f'shop_revenue_euros_total{{payment="{payment}"}}', 12.5)
            self.observe("shop_order_items", "", ("1.0", "2.0", "5.0", "+Inf"), 2)
            self.count("shop_receipt_size_bytes_sum", 900)
            self.count("shop_receipt_size_bytes_count")
            self.count(f'shop_cache_lookups_total{{hit="{str(number % 4 > 0).lower()}"}}')
            self.observe("shop_database_operation_duration_seconds", 'operation="insert",table="orders"', ("0.001", "0.005", "0.025", "+Inf"), 0.004)
            self.observe("shop_model_call_duration_seconds", 'model="large",agent="support",outcome="ok"', ("0.1", "0.5", "1.0", "+Inf"), 0.3)
            self.count('shop_model_tokens_total{model="large",agent="support",direction="input"}', 12)

    def samples(self):
        with self.lock:
            yield from self.counts.items()
            for (handler, method), objectives in HANDLERS.items():
                for objective, (ratio, _) in objectives.items():
                    yield f'http_slo_objective_ratio{{handler="{handler}",method="{method}",objective="{objective}"}}', ratio
            for task, interval in TASKS.items():
                yield f'task_slo_objective_ratio{{task="{task}",objective="availability"}}', 0.95
                yield f'task_slo_objective_ratio{{task="{task}",objective="duration"}}', 0.99
                yield f'task_inprogress{{task="{task}"}}', self.inprogress
                if interval:
                    yield f'task_interval_seconds{{task="{task}"}}', interval
            for task, at in self.last_success.items():
                yield f'task_last_success_timestamp_seconds{{task="{task}"}}', at
            yield "shop_packing", self.inprogress
            yield "shop_queue_length", 10 - self.inprogress

    def text(self):
        families = {}
        for series, value in self.samples():
            name = series.partition("{")[0]
            for tail in ("_bucket", "_sum", "_count"):
                name = name.removesuffix(tail)
            families.setdefault(name, []).append(f"{series} {value}\n")
        for name in sorted(families):
            lines = families[name]
            kind = "counter" if name.endswith("_total") else "histogram" if "_bucket{" in lines[0] else "summary" if "_sum" in lines[0] else "gauge"
            yield f"# HELP {name} Of the simulated shop.\n# TYPE {name} {kind}\n" + "".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    shop = Shop()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/storm":
                shop.storm.set()
            elif self.path == "/calm":
                shop.storm.clear()
            body = "".join(shop.text()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    begun, number = time.monotonic(), 0
    while True:
        number += 1
        shop.tick(number)
        time.sleep(max(0, begun + number / 10 - time.monotonic()))


if __name__ == "__main__":
    main()
