PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

# Tests wait more than they compute, so more of them run at once than there are cores. Each of the processes that run
# them has a Redis of its own.
PYTEST := $(BIN)/python -m pytest -n 4 --dist worksteal

.PHONY: install run check quick-tests test test-slow bench bench-peers drills containers conformance lint js lock

install: $(INSTALLED)

# Rebuilt whenever a lock changes, so that a pull never runs on yesterday's packages.
$(INSTALLED): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 install"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@# Without dependencies: the lock names all, but for what pytest-celery takes to start containers.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: install
	@exec $(BIN)/python -m deploy.run

# What to run while working: lint, types, and the tests that start no process of the system.
check: install
	@$(MAKE) --jobs 2 --output-sync lint quick-tests

quick-tests: install
	$(PYTEST) -m "not slow" tests/unit tests/integration

# What to run before a push: lint, types, the page's JavaScript, and all tests but the slow ones. Those in the browser
# run apart, for its driver keeps an event loop in each process that has run one.
test: lint js
	$(PYTEST) -m "not slow" tests/unit tests/integration tests/system
	$(PYTEST) -m "not slow" tests/browser

# What `make test` leaves out: the tests that are marked slow, drills, failovers, fuzzing, more examples of properties, the
# benchmarks' own tests, and kombu's tests with our classes. What runs in containers runs apart: it needs the machine for
# itself.
test-slow: install
	$(PYTEST) -m slow tests/unit tests/integration tests/system
	$(PYTEST) tests/chaos tests/fuzz tests/properties tests/conformance tests/bench
	$(PYTEST) -m slow tests/browser
	$(BIN)/python -m pytest tests/containers
	@$(BIN)/python -m tests.conformance

bench: install
	@$(BIN)/python -m bench

# The fast lane beside other task queues, which are installed into environments of their own below .run/peers.
bench-peers: install
	@$(BIN)/python -m bench.peers

drills: install
	@$(BIN)/python -m tests.chaos all

# The image and docker-compose.yml, by the container engine of this machine.
containers: install
	@$(BIN)/python -m tests.containers

conformance: install
	@$(BIN)/python -m tests.conformance

lint: install js
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The types, style and unit tests of the page's JavaScript. The page itself needs no Node.js, only its checks do.
ifeq ($(shell command -v npm),)
js:
	@echo "The page's JavaScript is not checked: that takes Node.js 18.18 or newer, with npm."
else
js: node_modules/.package-lock.json
	@npm run --silent check

node_modules/.package-lock.json: package-lock.json
	@npm ci --silent --no-audit --no-fund
	@touch $@
endif

# Run after a change to pyproject.toml's dependencies, and commit both files.
lock: install
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile $(LOCK_OPTIONS) pyproject.toml --extra flower --extra massive --extra history --extra alerts --output-file requirements.lock
	$(BIN)/uv pip compile $(LOCK_OPTIONS) pyproject.toml --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	cd $(PEERS) && ../../../$(BIN)/uv pip compile $(LOCK_OPTIONS) $(LIKE_OURS) --override overrides.in common.in --output-file common.lock
	cd $(PEERS) && ../../../$(BIN)/uv pip compile $(subst 3.11,3.13,$(LOCK_OPTIONS)) $(LIKE_OURS) celery-redis-plus.in --output-file celery-redis-plus.lock

# What `make bench-peers` compares with.
PEERS := bench/peers/requirements
LIKE_OURS := --constraint ../../../requirements.lock

LOCK_OPTIONS := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links
