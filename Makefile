# make run: everything from nothing to a served app.   make test: the same, and every test.
# A second run starts at once. PYTHON=python3.12 chooses another interpreter (3.11 to 3.13).
PYTHON ?= python3
BIN := .venv/bin

# Containers often forbid Python to keep what it has compiled. Each process, of which the app and the tests start many,
# would then compile TensorFlow and all else again, for longer than the rest of its start takes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-fast test-cluster lint docs weights clean format coverage release hooks

run: .venv/installed weights
	$(BIN)/streamlit run serve.py

# First and alone what measures time. Then the rest, shared out to three processes, which fill two cores, since each of
# them waits for servers at times: the browser's tests to one of them, since they share a server; by whole files to the
# others, and to all once the browser's are done (see tests/conftest.py).
SHARED_OUT := --numprocesses 3 --dist loadfile --no-loadscope-reorder
# Only the files that have such tests: to collect all others takes as long as the tests.
ALONE = $(shell grep --recursive --files-with-matches --include=test_*.py "mark\.alone" tests)
# One thread each: processes whose TensorFlow and NumPy have a thread a core would wait for each other's.
ONE_THREAD := TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OPENBLAS_NUM_THREADS=1
test: .venv/installed-tests weights
	$(BIN)/python -m pytest $(ALONE) -m alone
	$(ONE_THREAD) $(BIN)/python -m pytest tests -m "not alone and not cluster" $(SHARED_OUT)

# In a minute and a half: what needs neither a browser nor the networks' weights, and takes less than a second each.
test-fast: .venv/installed-tests
	$(ONE_THREAD) $(BIN)/python -m pytest tests -m "not browser and not weights and not slow and not cluster" $(SHARED_OUT)

# On a Ray cluster of two machines, both this one, and with servers that share a database; installs what both need.
# Shared out to three processes as well, first what takes longest.
CLUSTER = $(shell grep --recursive --files-with-matches --include=test_*.py "mark\.cluster" tests | sort)
test-cluster: .venv/installed-cluster
	NST_REQUIRE_CLUSTER=1 $(ONE_THREAD) $(BIN)/python -m pytest tests/test_two_servers.py $(CLUSTER) -m cluster $(SHARED_OUT)

lint: .venv/installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The lines and branches that the fast tests reach.
coverage: .venv/installed-tests
	$(BIN)/python -m pytest tests -m "not browser and not weights and not slow and not cluster" $(SHARED_OUT) \
		--cov --cov-report term:skip-covered

# Checks the checkout, dates the changelog's Unreleased section, sets the version, commits and tags: VERSION=x.y.z
release: .venv/installed
	$(BIN)/python -m nst_core.cli.release $(VERSION)

# Lint, types and generated tables before each commit, by git itself.
hooks: .venv/installed-tests
	$(BIN)/pre-commit install

docs: .venv/installed
	$(BIN)/python -m nst_core docs

# The app says what is missing and offers a Retry, so a failed fetch does not stop it.
weights: .venv/installed
	-$(BIN)/python -m nst_core weights fetch vgg19 magenta litert

# Modules are compiled when they are first imported, not all when they are installed: that takes a third of the time.
QUIETLY := --quiet --disable-pip-version-check --no-compile
.venv/installed: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed; name one with PYTHON=")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install $(QUIETLY) -r requirements.txt
	touch $@

.venv/installed-tests: .venv/installed tests/requirements.txt
	$(BIN)/python -m pip install $(QUIETLY) -r tests/requirements.txt
	touch $@

.venv/installed-cluster: .venv/installed-tests requirements-cluster.txt tests/requirements-cluster.txt
	$(BIN)/python -m pip install $(QUIETLY) -r tests/requirements-cluster.txt
	touch $@

clean:
	rm -rf .venv
