# Two commands matter: `make demo` and `make test`; each sets up what it needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: setup check test demo bench faults fuzz audit clean

setup: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check -q -c constraints.txt -e '.[dashboard,engine,offline,dicom,slurm,dev]'
	touch $@

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

test: check
	$(BIN)/pytest

demo: setup
	$(BIN)/cxr demo

# Every figure is a ratio measured in one run; build/bench has table.md, figures.json and log.txt.
bench: setup
	PYTHONPATH=. $(BIN)/python tests/benchmarks/bench.py

# Every stage killed over 200 times, then disks that fill, files that break, and two processes at once.
faults: setup
	$(BIN)/python -m tests.faults.kill_stages
	$(BIN)/python -m tests.faults.full_disk
	CXR_FAULTS=1 $(BIN)/pytest tests/faults

# Mutated input for every way in, guided by the lines that it reaches.
fuzz: setup
	$(BIN)/pip install --disable-pip-version-check -q -c constraints.txt -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz.fuzz --minutes $(or $(MINUTES),60) --out build/fuzz

# Known vulnerabilities of what constraints.txt installs.
audit: setup
	.ci/audit

clean:
	rm -rf .venv demo
