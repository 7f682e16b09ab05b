"""Runs every check and ends with `N passed, 0 failed`."""

import argparse
import pathlib
import sys
import tempfile

import static
from harness import Results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=pathlib.Path, help="take a picture of Prometheus' console into this file")
    parser.add_argument("--no-live", action="store_true", help="only what needs no running example")
    options = parser.parse_args()

    results = Results()
    with results.section("rules"):
        static.rules(results)
    with results.section("dashboards"):
        static.dashboards_known_to_grafana(results)
    with results.section("compose"):
        static.compose(results)
    with results.section("chart"):
        import chart

        chart.run(results)
    with results.section("documentation"):
        static.documentation(results)
    if not options.no_live:
        with results.section("live"), tempfile.TemporaryDirectory(prefix="ops-") as work:
            import live

            exported = live.run(results, pathlib.Path(work), options.picture)
            static.names(results, exported)
        with results.section("federation"), tempfile.TemporaryDirectory(prefix="ops-") as work:
            import federation

            federation.run(results, pathlib.Path(work), federation.DEFAULTS)

    print(f"{results.passed} passed, {results.failed} failed")
    sys.exit(1 if results.failed or not results.passed else 0)


if __name__ == "__main__":
    main()
