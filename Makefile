# Every target sets up what it needs in .venv (and .venv-checkov), once: a machine with git, make and Python 3.11 or later is enough.
# PYTHON=/path/to/python chooses the Python; ARGS="…" goes on to the command of the target.

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench lock readme picture schemas clean runtime dev checkov

PYTHON ?=
ARGS ?=
VENV := .venv
IN := $(VENV)/bin
WORKFLOWS := $(wildcard .github/workflows/*.yml examples/*/.github/workflows/*.yml)
SCRIPTS := action/entrypoint.sh .ci/run

# $(call set_up,LEVEL): finds a Python and lets requirements/install.py do the rest.
define set_up
@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
    exec "$$python" -I requirements/install.py $(VENV) $(1) --editable; \
  fi; \
done; \
echo 'gitops-ci: no Python 3.11 or later on PATH (tried python3, python3.11 to python3.14); install one, or name it: make PYTHON=/path/to/python' >&2; \
exit 1
endef

help: ## lists the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

demo: runtime ## plays two pull requests on a throw-away copy of the example repository
	@if $(IN)/python -I -m gitops_ci --repo examples/infrastructure-gitops policy needs | grep -qx checkov; then $(MAKE) --no-print-directory checkov; fi
	@$(IN)/python -I examples/demo/run.py $(ARGS)

test: dev checkov ## runs every test; what a missing engine leaves out is named at the end
	@$(IN)/python -I -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: dev ## checks formatting, style, types, the action and the workflows
	@$(IN)/ruff check --quiet .
	@$(IN)/ruff format --check --quiet . || { echo 'gitops-ci: not formatted; run $(IN)/ruff format' >&2; exit 1; }
	@$(IN)/mypy
	@$(IN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	@$(IN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@if [ -x $(IN)/shellcheck ]; then $(IN)/shellcheck $(SCRIPTS); else echo 'shell scripts not checked: no shellcheck wheel for this machine'; fi
	@PATH="$(CURDIR)/$(IN):$$PATH" $(IN)/actionlint $(WORKFLOWS)
	@$(IN)/zizmor --offline --no-progress --quiet action.yml .github/workflows
	@echo 'lint: all checks passed'

bench: dev checkov ## times gitops-ci on generated repositories
	@$(IN)/python -I benchmarks/run.py $(ARGS)

lock: dev ## writes requirements/*.txt anew (ARGS=--upgrade for newer versions)
	$(call set_up,lock)
	@$(IN)/python -I requirements/lock.py $(ARGS)

readme: runtime ## shows the demo's comment in README.md as it is now
	@$(IN)/python -I examples/demo/run.py --readme

picture: dev demo ## draws the demo's comment as GitHub shows it (docs/images/comment.png; needs chromium)
	@$(IN)/python examples/demo/picture/draw.py $(ARGS)

schemas: runtime ## writes the JSON Schemas anew from the types, the catalogue of rules from docs/rules
	@$(IN)/python -I -m gitops_ci.schema
	@$(IN)/python -I -m gitops_ci.policy.rules

clean: ## removes what the other targets made
	rm -rf $(VENV) $(VENV)-checkov .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage build dist out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

runtime:
	$(call set_up,runtime)

dev:
	$(call set_up,dev)

checkov:
	$(call set_up,checkov)
