#!/usr/bin/env python3
"""Times the compilation of generated crates whose handlers are bare, ours, or autometrics's.

Prints milliseconds per handler above the bare crate.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import time

BENCHES = pathlib.Path(__file__).resolve().parent.parent
ROOT = BENCHES / "target" / "compile-time"

CRATES = {
    "bare": ("", ""),
    "ours": ("#[metrics_runtime::instrument_handler]\n", 'metrics-runtime = { path = "%s" }' % (BENCHES.parent / "metrics-runtime")),
    "autometrics": ("#[autometrics::autometrics]\n", 'autometrics = { version = "3", features = ["prometheus-0_14", "prometheus-exporter"] }'),
}

MANIFEST = """\
[package]
name = "handlers-{name}"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
actix-web = {{ version = "4.18", default-features = false, features = ["macros"] }}
serde = {{ version = "1", features = ["derive"] }}
{dependency}
"""

HEADER = """\
use actix_web::{HttpResponse, ResponseError, get, post, web};

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Item {
    pub id: u64,
    pub name: String,
}

#[derive(Debug)]
pub struct NotFound;

impl std::fmt::Display for NotFound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not found")
    }
}

impl ResponseError for NotFound {}
"""

HANDLERS = [
    """
#[get("/text{i}/{{id}}")]
{attribute}pub async fn handler{i}(id: web::Path<u64>) -> String {{
    format!("{i} {{id}}")
}}
""",
    """
#[get("/json{i}/{{id}}")]
{attribute}pub async fn handler{i}(id: web::Path<u64>) -> Result<web::Json<Item>, NotFound> {{
    if *id == {i} {{
        return Err(NotFound);
    }}
    Ok(web::Json(Item {{ id: *id, name: "a name".into() }}))
}}
""",
    """
#[post("/upload{i}/{{id}}")]
{attribute}pub async fn handler{i}(id: web::Path<u64>, item: web::Json<Item>) -> HttpResponse {{
    if item.id == *id {{
        HttpResponse::NoContent().finish()
    }} else {{
        HttpResponse::Conflict().body("{i}")
    }}
}}
""",
]


def generate(handlers):
    ROOT.mkdir(parents=True, exist_ok=True)
    members = ", ".join(f'"{name}"' for name in CRATES)
    (ROOT / "Cargo.toml").write_text(f'[workspace]\nresolver = "3"\nmembers = [{members}]\n')
    shutil.copy(BENCHES / "Cargo.lock", ROOT / "Cargo.lock")
    for name, (attribute, dependency) in CRATES.items():
        source = ROOT / name / "src"
        source.mkdir(parents=True, exist_ok=True)
        (ROOT / name / "Cargo.toml").write_text(MANIFEST.format(name=name, dependency=dependency))
        functions = "".join(
            HANDLERS[i % len(HANDLERS)].format(i=i, attribute=attribute) for i in range(handlers)
        )
        services = "".join(f"    config.service(handler{i});\n" for i in range(handlers))
        routes = f"\npub fn routes(config: &mut web::ServiceConfig) {{\n{services}}}\n"
        (source / "lib.rs").write_text(HEADER + functions + routes)


def cargo(command, name, incremental):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CARGO_PROFILE_")}
    environment |= {"CARGO_TARGET_DIR": str(ROOT / "target"), "CARGO_INCREMENTAL": str(int(incremental))}
    subprocess.run(
        ["cargo", *command, "--quiet", "--package", f"handlers-{name}"], cwd=ROOT, env=environment, check=True
    )


def timed(command, name, incremental):
    os.utime(ROOT / name / "src" / "lib.rs")
    start = time.perf_counter()
    cargo(command, name, incremental)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--handlers", type=int, default=300)
    parser.add_argument("--rounds", type=int)
    arguments = parser.parse_args()
    rounds = arguments.rounds or (2 if arguments.quick else 5)

    generate(arguments.handlers)
    jobs = {
        "check, touched": (["check"], True),
        "build, touched": (["build"], True),
        "check, from nothing": (["check"], False),
        "build, from nothing": (["build"], False),
    }

    seconds = {(name, job): [] for name in CRATES for job in jobs}
    for job, (command, incremental) in jobs.items():
        for name in CRATES:
            cargo(command, name, incremental)
        for _ in range(rounds):
            for name in CRATES:
                seconds[name, job].append(timed(command, name, incremental))

    print(f"### Compile time ({arguments.handlers} handlers, dev profile, {rounds} rounds)\n")
    print("| | " + " | ".join(f"{job}, s | ms per handler above bare" for job in jobs) + " |")
    print("|---|" + "--:|--:|" * len(jobs))
    for name in CRATES:
        cells = []
        for job in jobs:
            own = statistics.median(seconds[name, job])
            above = own - statistics.median(seconds["bare", job])
            cells.append(f"{own:.2f} | " + ("" if name == "bare" else f"{above / arguments.handlers * 1e3:.2f}"))
        print(f"| {name} | " + " | ".join(cells) + " |")
    print()


if __name__ == "__main__":
    main()
