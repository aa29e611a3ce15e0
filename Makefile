# Every target does its own set-up; all of it is kept in .venv and redone when requirements/ changes.
PYTHON ?= python3
# Which build of torch: cpu, none, or what `pip install` takes (a wheel, torch==2.13.0 …); see .ci/torch.
TORCH ?= cpu

export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := .venv/bin
MODEL := gallery:lenet
# Two test processes share the cores, and no test opens a window on the screen.
QUIETLY := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 QT_QPA_PLATFORM=offscreen

.PHONY: help setup system run test lint bench screenshots soak wheel clean

help:
	@echo 'make run          the window on LeNet, ready to train; without a display the same training in the terminal'
	@echo 'make test         linters, types, import contracts and the whole test suite'
	@echo 'make setup        only the set-up; TORCH=none or another build of torch, PYTHON=python3.12 …'
	@echo 'make lint bench screenshots soak wheel clean'

run: $(BIN)/ready-to-run | system
	@if [ "$$(uname)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	  echo 'No display here, so no window: LeNet is trained in the terminal, as its Train button would. Plots go to runs/.'; \
	  $(BIN)/python main.py train $(MODEL) --out runs; \
	else \
	  $(BIN)/python main.py $(MODEL); \
	fi

test: lint
	$(QUIETLY) $(BIN)/pytest -n 2

lint: $(BIN)/ready-to-test | system
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(BIN)/ready-to-bench | system
	@for program in benchmarks/[a-z]*.py; do echo "== $$program"; $(BIN)/python "$$program" || exit 1; done

screenshots: $(BIN)/ready-to-run | system
	QT_QPA_PLATFORM=offscreen $(BIN)/python docs/screenshots/take.py

soak: $(BIN)/ready-to-test | system
	HYPOTHESIS_PROFILE=soak $(QUIETLY) $(BIN)/pytest -m "soak or hypothesis" --timeout 0

wheel: $(BIN)/ready-to-run
	$(BIN)/pip wheel --no-deps --wheel-dir dist .

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

setup: $(BIN)/ready-to-test | system
ifneq ($(origin TORCH),file)
	.ci/torch $(BIN)/pip "$(TORCH)"
endif

system:
	@.ci/system-packages

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; v in ((3, 11), (3, 12)) or sys.exit(f"Netwright needs Python 3.11 or 3.12, this is {v[0]}.{v[1]}: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv

$(BIN)/ready-to-run: requirements/run.txt requirements/torch.txt | system $(BIN)/python
	$(BIN)/pip install --no-deps -r requirements/run.txt
	.ci/torch $(BIN)/pip "$(TORCH)"
	@touch $@

$(BIN)/ready-to-test: requirements/test.txt $(BIN)/ready-to-run
	$(BIN)/pip install --no-deps -r requirements/test.txt
	@touch $@

$(BIN)/ready-to-bench: requirements/bench.txt $(BIN)/ready-to-test
	$(BIN)/pip install --no-deps --upgrade --target .venv/bench -r requirements/bench.txt
	@touch $@
