# Two commands do everything: `make run` and `make test`. The rest are their parts, and figures.

CARGO    ?= cargo
VENV     := target/venv
CONTRACT := target/contract/venv
NEXTEST  := 0.9.143

.PHONY: run test test-rust test-infra test-contract lint openapi bench tools

## The product on this machine, with a simulated WeCom: http://127.0.0.1:8787/
run:
	$(CARGO) build --workspace --bins --locked
	target/debug/stepwise serve --demo

## All tests of the product.
test: lint test-infra test-rust test-contract

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

## docs/openapi.json anew, from the code.
openapi:
	$(CARGO) build --locked -p local
	target/debug/stepwise openapi > docs/openapi.json

test-rust: tools
	$(CARGO) build --workspace --bins --locked
	$(CARGO) test --workspace --locked --doc --quiet
	$(CARGO) nextest run --workspace --locked

## The AWS template, checked offline.
test-infra: $(VENV)/.ready
	$(VENV)/bin/cfn-lint infra/aws/template.yaml
	SAM_CLI_TELEMETRY=0 $(VENV)/bin/sam validate --lint --region eu-central-1 --template infra/aws/template.yaml

## Other people's SDKs (wechatpy, @wecom/crypto) against the simulated WeCom and the callback endpoint.
test-contract: $(CONTRACT)/.ready tests/contract/node_modules/.package-lock.json
	$(CARGO) build --workspace --bins --locked
	$(CONTRACT)/bin/python tests/contract/run.py

## cargo-nextest, where it is missing; a newer one may ask for a newer Rust.
tools:
	@$(CARGO) nextest --version >/dev/null 2>&1 || $(CARGO) install cargo-nextest --version $(NEXTEST) --locked

$(VENV)/.ready: infra/aws/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r infra/aws/requirements.txt
	touch $@

$(CONTRACT)/.ready: tests/contract/requirements.txt
	python3 -m venv $(CONTRACT)
	$(CONTRACT)/bin/pip install --quiet --disable-pip-version-check -r tests/contract/requirements.txt
	touch $@

# npm writes the target itself.
tests/contract/node_modules/.package-lock.json: tests/contract/package-lock.json
	cd tests/contract && npm ci --no-progress --loglevel=error

## Figures: write units by kind of item; reactions a second of a job on disk.
bench:
	$(CARGO) bench --locked -p tests --bench costs
	$(CARGO) bench --locked -p tests --bench jobs
	$(CARGO) bench --locked -p tests --bench base
	$(CARGO) bench --locked -p tests --bench contents
	$(CARGO) bench --locked -p tests --bench playbook
	$(CARGO) bench --locked -p tests --bench links
