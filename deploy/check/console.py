"""The console template in a real Chromium: every graph is drawn and every number is one."""

import html
import pathlib
import re
import shutil
import subprocess
import urllib.parse

from harness import DEPLOY, get

# Debian's package carries the libraries as an example, the release of the project beside its binary.
LIBRARIES = ("/usr/share/prometheus/console_libraries", "/usr/share/doc/prometheus/examples/console_libraries")
PAGE = "/consoles/index.html"


def libraries():
    for folder in LIBRARIES:
        if (pathlib.Path(folder) / "prom.lib").exists():
            return folder
    raise FileNotFoundError(f"prom.lib is in none of {LIBRARIES}")


def chromium(work, *options):
    """Waits with virtual time until the page's requests and timers are done."""
    command = [
        shutil.which("chromium") or shutil.which("chromium-browser") or "chromium",
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={work}/chromium",
        "--virtual-time-budget=20000",
        *options,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=180)


def check(results, prometheus, work, picture=None):
    address = prometheus + PAGE
    source = (DEPLOY / "prometheus/consoles/index.html").read_text()
    graphs, numbers = source.count("new PromConsole.Graph("), source.count('<div class="number">')
    page = chromium(work, "--window-size=1600,1200", "--dump-dom", address).stdout

    problems = []
    drawn = len(re.findall(r'<td class="rickshaw_graph[^"]*"[^>]*><svg', page))
    if drawn != graphs:
        problems.append(f"{drawn} of {graphs} graphs are drawn")
    problems += re.findall(r"No timeseries returned|Error loading data|error executing template[^<]*", page)
    shown = [html.unescape(re.sub("<[^>]+>", "", one)).strip() for one in re.findall(r'<div class="number">(.*?)</div>', page, re.S)]
    problems += [f"a number is {one!r}" for one in shown if not re.match(r"-?[\d.]", one)]
    if len(shown) != numbers:
        problems.append(f"{len(shown)} of {numbers} numbers are shown")
    cells = re.findall(r"<td>(.*?)</td>", "".join(re.findall(r"<table class=\"table.*?</table>", page, re.S)), re.S)
    problems += ["a table has no rows"] * (page.count('<table class="table') - len(re.findall(r'<table class="table[^>]*>.*?<td>.*?</table>', page, re.S)))
    problems += [f"a cell is {cell!r}" for cell in cells if re.search("NaN|Inf|no value", cell)]
    results.check(f"live: the console draws {graphs} graphs and {numbers} numbers in Chromium", problems)

    narrowed = get(address, job="shop", handler="/orders")
    results.check("live: the console narrows to a job and a handler", [] if 'job=~\\u0022shop\\u0022' in narrowed or 'job=~\\"shop\\"' in narrowed else ["its queries do not name the job"])
    hostile = get(address, job="</script><script>alert(1)</script>")
    results.check("live: the console escapes its parameters", [] if "<script>alert(1)" not in hostile else ["a parameter became markup"])

    if picture:
        minutes = "#pctc" + urllib.parse.quote('{"duration":180,"endTime":0}')
        done = chromium(work, "--window-size=1400,4750", f"--screenshot={picture.resolve()}", address + minutes)
        results.check(f"live: {picture.name} is written", [] if picture.exists() else [done.stderr])
