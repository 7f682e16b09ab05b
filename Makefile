# Everything a contributor runs. `make test` on a fresh machine needs rust, gcc, make and python3, and installs the rest.

# A workspace of its own, built in the same folder.
traced = --manifest-path examples/traced/Cargo.toml --target-dir $(TARGET)

.PHONY: test unit-test features-test metrics-test ops-test lint bench soak fmt tools

# What cargo builds and the scripts install goes here.
TARGET := $(or $(CARGO_TARGET_DIR),target)

test: unit-test features-test metrics-test ops-test

unit-test:
	cargo build --locked --examples
	cargo test --locked --workspace --all-features

features-test:
	scripts/features

tools:
	scripts/tools

metrics-test: tools
	cargo build --locked --release --example quickstart --example worker --example nightly --example cron --example shop
	$(TARGET)/tools/venv/bin/python scripts/metrics-test
	$(TARGET)/tools/venv/bin/python scripts/workers-test
	$(TARGET)/tools/venv/bin/python scripts/shop-test
	cargo build --locked --release $(traced)
	$(TARGET)/tools/venv/bin/python scripts/trace-test

ops-test:
	cargo build --locked --release --example quickstart
	deploy/check/run

lint:
	cargo fmt --all --check
	cargo fmt --manifest-path examples/traced/Cargo.toml --check
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	cargo clippy --locked $(traced) -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --all-features
	cargo fmt --manifest-path tests/outside/Cargo.toml --check

# Abuse at length; `make test` runs a short one.
soak:
	SOAK_REQUESTS=240000 cargo test --locked --release -p tests --test soak -- --nocapture

# Numbers in docs/benchmarks.md come from here.
bench:
	benches/run

fmt:
	cargo fmt --all
	cargo fmt --manifest-path examples/traced/Cargo.toml
