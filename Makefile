# Everything a contributor runs. `make test` on a fresh machine needs rust, gcc, make and python3, and installs the rest.

.PHONY: test unit-test metrics-test ops-test lint bench soak miri fmt tools

test: unit-test metrics-test ops-test

unit-test:
	cargo build --locked --examples
	cargo test --locked --workspace --all-features

tools:
	scripts/tools

metrics-test: tools
	cargo build --locked --release --example quickstart
	target/tools/venv/bin/python scripts/metrics-test

ops-test:
	cargo build --locked --release --example quickstart
	deploy/check/run

lint:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --all-features

# Numbers in docs/benchmarks.md come from here.
bench:
	benches/run

# The engine under Miri: needs a nightly toolchain with the miri component.
miri:
	cargo +nightly miri test -p metrics-runtime --lib recorder

fmt:
	cargo fmt --all
