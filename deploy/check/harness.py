"""What the checks share: paths, a counter of results, servers that are stopped again, polling."""

import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCS = ROOT / "docs"
EXAMPLES = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release/examples"


class Results:
    """Counts checks; a failed one is said at once and does not end the run."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, name, problems):
        problems = [str(problem) for problem in problems]
        if problems:
            self.failed += 1
            print(f"FAIL  {name}")
            for problem in problems[:20]:
                print("      " + problem.strip().replace("\n", "\n      "))
        else:
            self.passed += 1
            print(f"ok    {name}")

    @contextlib.contextmanager
    def section(self, name):
        """A check that cannot even run has failed."""
        try:
            yield
        except Exception as error:
            self.check(name, [f"{type(error).__name__}: {error}"])

    def command(self, name, *command, cwd=ROOT):
        done = subprocess.run(
            [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=300
        )
        self.check(name, [] if done.returncode == 0 else [done.stdout + done.stderr])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url, timeout=5, **query):
    if query:
        url += "?" + urllib.parse.urlencode(query)
    with urllib.request.urlopen(url, timeout=timeout) as response:
        return response.read().decode()


def get_json(url, **query):
    try:
        return json.loads(get(url, **query))
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{url}: {error.code} {error.read().decode()}") from None


def until(what, seconds, probe):
    """Calls `probe` until it returns something true, and returns that."""
    deadline = time.monotonic() + seconds
    trouble = None
    while time.monotonic() < deadline:
        try:
            found = probe()
            if found:
                return found
        except (OSError, ValueError, RuntimeError) as error:
            trouble = error
        time.sleep(0.1)
    raise TimeoutError(f"{what}: not within {seconds} s" + (f" ({trouble})" if trouble else ""))


class Servers(contextlib.ExitStack):
    """Processes that end with the `with` block, whatever happens in it."""

    def __init__(self, logs):
        super().__init__()
        self.logs = logs

    def start(self, name, ready, *command, env=None):
        log = self.enter_context(open(self.logs / f"{name}.log", "w"))
        process = subprocess.Popen(
            [str(part) for part in command], stdout=log, stderr=subprocess.STDOUT, env=env
        )
        self.callback(stop, process)

        def answers():
            if process.poll() is not None:
                raise SystemExit(f"{name} ended with {process.returncode}: {(self.logs / f'{name}.log').read_text()[-2000:]}")
            return ready()

        until(f"{name} answers", 30, answers)
        return process

    @staticmethod
    def stop(process):
        """Before the block ends, for a server that fails on purpose."""
        stop(process)


def stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def listening(port):
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


def dashboards():
    return {path: json.loads(path.read_text()) for path in sorted((DEPLOY / "grafana/dashboards").glob("*.json"))}


def panels(dashboard):
    """Those of collapsed rows, too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def panel_targets(dashboard):
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            yield panel, target


def guide():
    """The pages for whoever operates a service."""
    return [DOCS / "observability.md", DOCS / "traces.md", *sorted((DOCS / "runbooks").glob("*.md"))]


# A family's name where it begins: not the tail of a prefixed or recorded one. The dashboard's `${prefix}` ends in a brace.
FAMILY = re.compile(r"(?<![\w:/.\-])(?:http|task|shop|process)_[a-z0-9_]*[a-z0-9](?![\w(/]|\.\w)")
RECORDED = re.compile(r"(?<!\w)(?:job|job_handler|job_task|slo):[a-z0-9_:]+")
