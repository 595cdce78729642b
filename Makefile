# What a person does daily. Every target sets up what it needs in .venv, on a fresh machine too.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint types imports check bench format clean constraints

demo: $(READY)
	$(BIN)/robustmech solve examples/independent-values.toml --out demo
	$(BIN)/robustmech verify demo
	@echo "pictures: demo/pictures.png"

# Two processes, a file of tests each at a time: some share what they have solved.
test: $(READY)
	OPENBLAS_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist loadfile

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

check: lint types imports test

bench: $(READY)
	$(BIN)/python benchmarks/grids.py $(if $(ONLY),--only "$(ONLY)")
	$(if $(ONLY),,$(BIN)/python benchmarks/speeds.py)
	$(if $(ONLY),,$(BIN)/python benchmarks/meshes.py --plot docs/images/gap-against-time.png)

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf $(VENV) demo .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

constraints: $(READY)
	$(BIN)/pip freeze --exclude-editable --local > constraints.txt

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "robustmech needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(READY)
