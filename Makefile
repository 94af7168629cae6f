# Everything a person does with this project, one word each. `make help` lists them, and these variables:
#
# ARGS='-k totp': further words for demo, test, products, quick, bench, torture, machines and screenshots
# WORKERS=4: so many processes run tests side by side; 3 where nothing is said
# REQUIRE_ALL=1: a test that this machine cannot run fails, and is not left out
# PYTHON=/path/to/python3: the Python for install and lock, where the one that is found is not the one
#
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

# Sets $$python to the first Python that is new enough, or says plainly that there is none. The system's own comes
# first, where it can make a .venv: distributions build theirs with profiles, which is a fifth quicker (docs/performance.md).
FIND_PYTHON = for python in $(or $(PYTHON),/usr/bin/python3 python3 python3.13 python3.12 python3.11) none; do \
    [ "$$python" = /usr/bin/python3 ] && ! "$$python" -c 'import ensurepip' 2>/dev/null && continue; \
    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
    done; \
    if [ "$$python" = none ]; then \
        echo "Acrux needs Python 3.11 or newer; '$(or $(PYTHON),python3)' here is: $$($(or $(PYTHON),python3) --version 2>&1)." >&2; \
        echo "If a newer one is installed, name it: make install PYTHON=/path/to/python3" >&2; exit 1; \
    fi
LOCK_OPTIONS := --generate-hashes --allow-unsafe --strip-extras --no-emit-options --no-emit-index-url \
    --no-emit-trusted-host --no-emit-find-links

# Test processes side by side; each file stays within one of them, so its fixtures are built once.
WORKERS ?= 3
# In the order of tests/conftest.py, the longest files first. The slowest twenty tests are named at the end.
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=20 --durations-min=1
# What was compiled is kept, whatever the environment says: each test process and each server of a test would
# compile the product, and all tests, again.
test products quick: export PYTHONDONTWRITEBYTECODE =
RELYING_PARTIES := tests/relying_parties
PRODUCTS := tests/products
MADE_OF_PRODUCTS := $(PRODUCTS)/node/node_modules/.installed $(PRODUCTS)/python/.venv/.installed \
    $(PRODUCTS)/go/bin/.built $(PRODUCTS)/java/target/.built

.PHONY: help
help: ## this list
	@echo "make <word>, where <word> is one of:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'
	@echo "and, behind the word, what holds for this call:"
	@sed -n 's/^# \([A-Z_]*=.*\): \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-24s %s\n", $$1, $$2}'

.PHONY: install
install: $(VENV)/.installed ## .venv with the locked dependencies and the `acrux` command

.PHONY: install-dev
install-dev: $(VENV)/.installed $(VENV)/.locked-dev ## the same, and what tests and linters need

.PHONY: install-traces
install-traces: install ## the same, and what `traces.endpoint` needs: OpenTelemetry
	@$(PIP) install --require-hashes -r requirements-traces.txt

.PHONY: install-directory
install-directory: install ## the same, and what `directory.url` needs: python-ldap, built here
	@$(PIP) install --require-hashes -r requirements-directory.txt

.PHONY: demo
demo: install ## provider, demo application, seeded people, mail and SMS inbox
	@$(BIN)/acrux demo $(ARGS)

.PHONY: test
test: install-dev $(RELYING_PARTIES)/node_modules/.installed $(MADE_OF_PRODUCTS) ## every test this machine can run
	@$(PYTEST) tests $(ARGS)

.PHONY: products
products: install-dev $(MADE_OF_PRODUCTS) ## only the tests that run products of others against Acrux
	@$(PYTEST) tests -m products $(ARGS)

.PHONY: quick
quick: install-dev ## unit and protocol tests on SQLite only, without those marked slow
	@$(PYTEST) tests/unit tests/protocol -m "not slow and not postgres and not browser and not node" \
	    --hypothesis-profile=quick $(ARGS)

# .djlintrc leaves out three rules: a meta description (H030) is for pages that want to be found, a button
# without a type (H043) submits, which is meant, and the paths written out (J018) are part of the interface.
.PHONY: lint
lint: install-dev ## style, types, import contracts, templates
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/djlint --quiet --lint templates idp/demo/templates
	@$(BIN)/djlint --quiet --check templates idp/demo/templates

.PHONY: format
format: install-dev ## rewrite code and templates the way lint wants them
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/djlint --quiet --reformat templates idp/demo/templates || true

.PHONY: bench
bench: install-dev ## measure the hot paths, beside the peers; with ARGS='--against REV', another revision
	@$(BIN)/python -m benchmarks $(ARGS)

PEERS = $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/acrux/peers
NODE_PEER := benchmarks/peers/node
KEYCLOAK := org.keycloak:keycloak-quarkus-dist:26.4.7:tar.gz
KEYCLOAK_SHA256 := aca60ab72ae4d67adc6b8fe7fca5e08d16a6bb5e4a4f2ebb54050e3f5503fd2b

.PHONY: bench-peers
bench-peers: ## install, outside this folder, the other providers that `make bench` measures
	@mkdir -p $(PEERS)/node && cp $(NODE_PEER)/package.json $(NODE_PEER)/package-lock.json $(NODE_PEER)/*.mjs $(PEERS)/node/
	@npm ci --prefix $(PEERS)/node --no-audit --no-fund --loglevel=error
	@echo "node-oidc-provider is in $(PEERS)/node"
	@if ! command -v mvn >/dev/null || ! command -v java >/dev/null; then \
	    echo "Keycloak was left out: it needs Maven and Java on the PATH"; exit; fi; \
	if [ ! -x $(PEERS)/keycloak/bin/kc.sh ]; then \
	    set -e; new=$(PEERS)/keycloak.new; rm -rf $$new; mkdir -p $$new; archive=$$new/keycloak-quarkus-dist.tar.gz; \
	    mvn -q dependency:copy -Dartifact=$(KEYCLOAK) -DoutputDirectory=$$new -Dmdep.stripVersion=true; \
	    echo "$(KEYCLOAK_SHA256)  $$archive" | sha256sum --check --quiet; \
	    tar xzf $$archive -C $$new --strip-components=1; rm $$archive; \
	    $$new/bin/kc.sh build --db=postgres; mv $$new $(PEERS)/keycloak; \
	fi; \
	echo "Keycloak is in $(PEERS)/keycloak"

.PHONY: torture
torture: install-dev ## faults under load, with a journal and a checker: about twenty minutes
	@$(BIN)/python -m torture $(ARGS)

.PHONY: machines
machines: install-dev ## faults of machines: PostgreSQL with a standby, two Acrux, HAProxy (root, Linux)
	@$(BIN)/python -m torture.machines $(ARGS)

.PHONY: screenshots
screenshots: install-dev ## a picture of every page, narrow and wide
	@$(BIN)/python -m tests.screenshots $(ARGS)

.PHONY: drawing
drawing: install-dev ## docs/house.svg, from the import contract in setup.cfg
	@$(BIN)/python -m tests.drawing

.PHONY: life
life: install-dev ## the values in docs/life-of-a-sign-in.md, from a sign-in of the product
	@$(BIN)/python -m tests.life

.PHONY: vectors
vectors: install-dev ## tests/vectors/evidence, for whoever writes a verifier of the ledger
	@$(BIN)/python -m tests.evidence_vectors

PYBABEL = $(BIN)/pybabel --quiet
CATALOGS := idp/translations

# Comes after every change of a text. What is new or changed in a catalog is then empty, and a test names it.
.PHONY: texts
texts: install-dev ## bring the catalogs of every language up to date with what is said to people
	@$(PYBABEL) extract --mapping $(CATALOGS)/babel.cfg --keyword n_:1,2 --no-location --omit-header --sort-output \
	    --output $(CATALOGS)/texts.pot .
	@for catalog in $(CATALOGS)/*.po; do \
	    $(PYBABEL) update --input-file $(CATALOGS)/texts.pot --output-file $$catalog --omit-header --no-wrap \
	        --ignore-obsolete --no-fuzzy-matching --locale $$(basename $$catalog .po) || exit 1; \
	done
	@rm $(CATALOGS)/texts.pot

.PHONY: lock
lock: ## make requirements*.txt again from requirements*.in
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(FIND_PYTHON) && "$$python" -m venv "$$tools" && \
	"$$tools/bin/python" -m pip --quiet install "pip-tools==7.6.2" && \
	for name in requirements requirements-traces requirements-directory requirements-dev $(PRODUCTS)/python/requirements; do \
	    CUSTOM_COMPILE_COMMAND="make lock" "$$tools/bin/pip-compile" --quiet $(LOCK_OPTIONS) \
	        --output-file "$$name.txt" "$$name.in" || exit 1; \
	done

.PHONY: wheel
wheel: install ## dist/: a wheel that is a whole Acrux
	@rm -rf build && mkdir -p dist && rm -f dist/acrux-*.whl
	@$(PIP) wheel --no-index --no-deps --no-build-isolation --wheel-dir dist .
	@rm -rf build && ls dist/acrux-*.whl

# What is listed is what is installed: the wheel, and the packages of requirements.txt by their hashes.
.PHONY: sbom
sbom: wheel ## beside it, what it is made of: a list of components (CycloneDX)
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(FIND_PYTHON) && "$$python" -m venv "$$tools" && "$$python" -m venv "$$tools/acrux" && \
	"$$tools/bin/python" -m pip --quiet install "cyclonedx-bom==7.5.0" && \
	"$$tools/acrux/bin/python" -m pip --quiet install --require-hashes -r requirements.txt && \
	"$$tools/acrux/bin/python" -m pip --quiet install --no-index --no-deps --find-links dist acrux && \
	"$$tools/acrux/bin/python" -m pip --quiet uninstall --yes pip && \
	for wheel in dist/acrux-*.whl; do \
	    "$$tools/bin/cyclonedx-py" environment --output-reproducible --spec-version 1.6 \
	        --output-file "$${wheel%.whl}.cdx.json" "$$tools/acrux/bin/python" || exit 1; \
	    echo "$${wheel%.whl}.cdx.json"; \
	done

.PHONY: clean
clean: ## remove what make made
	rm -rf $(VENV) *.egg-info build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis $(RELYING_PARTIES)/node_modules \
	    $(PRODUCTS)/node/node_modules $(PRODUCTS)/python/.venv $(PRODUCTS)/go/bin $(PRODUCTS)/java/target

# What stands behind the words. Each stamp is newer than what it was made from, so a second call does nothing.

$(VENV)/.created:
	@$(FIND_PYTHON); \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	rm -rf $(VENV); \
	"$$python" -m venv $(VENV) || { rm -rf $(VENV); echo "Could not make $(VENV); Debian and Ubuntu need the package python3-venv." >&2; exit 1; }
	@touch $@

$(VENV)/.locked: requirements.txt $(VENV)/.created
	@echo "Installing what Acrux runs on (requirements.txt)"
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.locked-dev: requirements-dev.txt requirements-directory.txt $(VENV)/.locked
	@echo "Installing what its tests and linters need (requirements-dev.txt)"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@if [ -e /usr/include/ldap.h ] && [ -e /usr/include/sasl/sasl.h ] && command -v cc >/dev/null \
	    && $(BIN)/python -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null; then \
	    $(PIP) install --require-hashes -r requirements-directory.txt; \
	else \
	    echo "gcc, python3-dev, libldap-dev and libsasl2-dev are not all installed: tests with a directory are left out"; \
	fi
	@touch $@

$(VENV)/.installed: setup.cfg pyproject.toml $(VENV)/.locked
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Without npm, or without a network for it, the tests that need Node say so at the end of the run.
%/node_modules/.installed: %/package-lock.json
	@if ! command -v npm >/dev/null; then \
	    echo "npm is not installed: tests with the Node packages of $* are left out"; \
	elif npm ci --prefix $* --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then \
	    touch $@; \
	else \
	    echo "npm could not install $<: tests with its Node packages are left out"; \
	fi

# The same for products of others: what cannot be installed is left out, and the tests say so.
$(PRODUCTS)/python/.venv/.installed: $(PRODUCTS)/python/requirements.txt
	@echo "Installing products in Python ($<)"
	@$(FIND_PYTHON); \
	rm -rf $(@D); \
	if "$$python" -m venv $(@D) && \
	    $(@D)/bin/python -m pip --quiet --disable-pip-version-check --no-input install --require-hashes -r $<; then \
	    touch $@; \
	else \
	    rm -rf $(@D); echo "pip could not install $<: tests with products in Python are left out"; \
	fi

$(PRODUCTS)/go/bin/.built: $(PRODUCTS)/go/go.mod $(PRODUCTS)/go/go.sum $(wildcard $(PRODUCTS)/go/*/main.go kits/go/*.go)
	@if ! command -v go >/dev/null; then \
	    echo "go is not installed: tests with products in Go are left out"; \
	elif echo "Building products in Go ($<); the first time takes minutes" && cd $(PRODUCTS)/go && \
	    go build -buildvcs=false -o bin/ ./idtoken ./device ./evidence ./kitapi github.com/oauth2-proxy/oauth2-proxy/v7 \
	        filippo.io/torchwood/cmd/litewitness filippo.io/torchwood/cmd/witnessctl; then \
	    touch bin/.built; \
	else \
	    echo "go could not build $<: tests with products in Go are left out"; \
	fi

$(PRODUCTS)/java/target/.built: $(PRODUCTS)/java/pom.xml $(wildcard $(PRODUCTS)/java/src/main/java/test/*.java)
	@if ! command -v mvn >/dev/null; then \
	    echo "mvn is not installed: tests with products in Java are left out"; \
	elif echo "Building products in Java ($<)" && mvn -q -B -Dstyle.color=never -f $< package; then \
	    touch $@; \
	else \
	    echo "mvn could not build $<: tests with products in Java are left out"; \
	fi
