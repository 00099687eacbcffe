# What a person does with this project; `make help` lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup models photos demo test browser-test screens contract fuzz soak vm-test box-test deb bench fmt lint doc clean ci

BENCHES := $(basename $(notdir $(wildcard benches/*.rs)))

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install missing system packages; fetch models and photographs
	@scripts/setup.sh

models: ## fetch the model pack and ONNX Runtime into models/
	@scripts/setup.sh models

photos: ## fetch the test photographs into fixtures/photos/
	@scripts/setup.sh photos

demo: setup ## build, then replay real people walking up to the counter
	@cargo build --release
	@cargo run --release --quiet -- demo

test: setup ## run all tests, and each bench once with small input
	@cargo test --release -- --quiet
	@for bench in $(BENCHES); do \
		cargo bench --quiet --bench "$$bench" -- --small || exit; \
	done

contract: ## hold docs/city-api.yaml against the running reference city
	@scripts/contract.sh

fuzz: setup ## let libFuzzer try what reads bytes from strangers (minutes)
	@scripts/fuzz.sh

soak: setup ## months at speed: memory, handles and threads stay flat (most of an hour)
	@scripts/setup.sh browser
	@CANTEEND_SOAK=full cargo test --release --test soak -- --nocapture
	@CANTEEND_SOAK=full cargo test --release --test browser a_day -- --nocapture

browser-test: setup ## test the page in Chromium
	@scripts/setup.sh browser
	@cargo test --release --test browser -- --nocapture

screens: ## the same, and renew the pictures in docs/screens
	@CANTEEND_SCREENS=renew $(MAKE) browser-test

vm-test: setup ## test the camera path against the real driver in a virtual machine
	@scripts/vm-camera.sh

box-test: setup ## install the package in a virtual machine with systemd, and try the service
	@scripts/vm-box.sh

deb: models ## build the Debian package into target/deb
	@scripts/deb.sh

bench: setup ## run each bench in full
	@for bench in $(BENCHES); do \
		cargo bench --quiet --bench "$$bench" || exit; \
	done

fmt: ## format the sources
	@cargo fmt

lint: ## check format and clippy, warnings denied
	@cargo fmt --check
	@cargo clippy --release --all-targets -- -D warnings

doc: ## build the documentation, warnings denied
	@RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --document-private-items

clean: ## remove what was built; fetched files stay
	@cargo clean --quiet
	@rm -rf demo-state

ci: ## everything that a clean clone has to pass
	@.ci/run
