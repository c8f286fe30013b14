# Two commands matter: `make demo` and `make test`; each sets up what it needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/.installed

BENCH := OMP_NUM_THREADS=1 PYTHONPATH=. $(BIN)/python tests/benchmarks

.PHONY: setup check test demo bench clean

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

# Every figure is a ratio measured in one run; the table is kept in build/bench/table.txt.
bench: setup
	mkdir -p build/bench
	{ $(BENCH)/bench_index.py; $(BENCH)/bench_cache.py; $(BENCH)/bench_extraction.py --threads 1; \
	  $(BENCH)/bench_probe_run.py --threads 1 --out build/bench/probe; $(BENCH)/bench_heads.py; \
	  $(BENCH)/bench_supcon.py; $(BENCH)/bench_contrastive.py --threads 1; \
	  $(BENCH)/bench_evaluation.py; $(BENCH)/bench_saliency.py; \
	  $(BENCH)/bench_explain.py --out build/bench/explain; $(BENCH)/kill_grid.py; } \
	  | tee build/bench/table.txt

clean:
	rm -rf .venv demo
