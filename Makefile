# The two commands that matter: `make serve` and `make test`. Everything else is for those who work on it.

HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
STAMP := .make/installed
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help serve test tools lint types build check bench derive fmt lock clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(STAMP) ## build the graph if needed and serve it (HOST, PORT)
	@$(BIN)/araxes serve --host $(HOST) --port $(PORT)

test: lint types tools ## run every test
	@$(BIN)/python -m pytest $(TESTS)

# What the tests need beside Python: foreign clients and stores, OWLAPI, Graphviz, a browser and its fonts. A test that lacks something is listed under NOT RUN.
tools:
	@missing=""; for each in node:nodejs npm:npm curl:curl dot:graphviz chromium:chromium; do \
		command -v $${each%%:*} >/dev/null || missing="$$missing $${each##*:}"; done; \
	test -e /usr/share/java/owlapi-api.jar || missing="$$missing libowlapi-java"; \
	test -e /usr/share/java/jena-arq.jar || missing="$$missing libapache-jena-java"; \
	test -e /usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf || missing="$$missing fonts-noto-core"; \
	test -d .make/virtuoso || apt-cache show virtuoso-opensource-7 >/dev/null 2>&1 || apt-get update --quiet=2 2>/dev/null; \
	test -z "$$missing" && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing$$missing for the tests ..."; apt-get update --quiet=2 && apt-get install --yes --quiet=2 --no-install-recommends $$missing >/dev/null && exit 0; fi; \
	echo "Some tests need$$missing, which cannot be installed here (Debian: sudo apt install$$missing). They will be listed under NOT RUN." >&2

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(STAMP)
	@$(BIN)/mypy

build: $(STAMP) ## check everything and make a release
	@$(BIN)/araxes build

check: $(STAMP) ## check everything
	@$(BIN)/araxes check

bench: $(STAMP) .make/bench-venv/installed ## measure speed beside two other servers; QUICK=1 for a short run
	@$(BIN)/python benchmarks/figures.py
	@$(BIN)/python benchmarks/pages.py
	@$(BIN)/python benchmarks/loading.py $(if $(QUICK),200000,2000000)
	@$(BIN)/python -m benchmarks.sweep $(if $(QUICK),--quick)

derive: $(STAMP) ## run the rules and write data/inferred
	@$(BIN)/araxes derive

fmt: $(STAMP) ## format the Python and Turtle files
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .
	@find ontology data -name '*.ttl' -not -path 'data/inferred/*' -exec $(BIN)/turtlefmt {} +

lock: .make/pip-tools ## pin the dependencies anew
	@PIP_CONFIG_FILE=/dev/null .venv-lock/bin/pip-compile --extra dev --extra reason --generate-hashes \
		--strip-extras --no-emit-index-url --no-emit-find-links --quiet --output-file requirements.lock pyproject.toml

clean: ## remove the environment and what tools left
	@rm -rf $(VENV) .venv-lock .make build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(STAMP): pyproject.toml requirements.lock
	@python=$$(for each in python3.11 python3 python3.12 python3.13; do \
		"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$each"; break; }; done); \
	test -n "$$python" || { echo "Araxes needs Python 3.11 or newer: install it (Debian: apt install python3.11 python3.11-venv) and run make again." >&2; exit 1; }; \
	"$$python" -c 'import venv, ensurepip' 2>/dev/null || { echo "$$python has no venv module: install it (Debian: apt install $$(basename $$python)-venv) and run make again." >&2; exit 1; }; \
	echo "Installing into $(VENV) with $$python ..."; \
	"$$python" -m venv $(VENV) && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@mkdir -p .make && touch $(STAMP)

.make/bench-venv/installed: benchmarks/requirements.txt
	@$(BIN)/python -m venv .make/bench-venv
	@.make/bench-venv/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@

.make/pip-tools:
	@python3 -m venv .venv-lock && .venv-lock/bin/python -m pip install --quiet 'pip-tools>=7.4'
	@mkdir -p .make && touch $@
