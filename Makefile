# Every target works from a plain clone with Python 3.11 or later: the first one that needs it builds .venv.
#   PYTHON=python3.12 make test        another interpreter for the environment
#   TORCH=torch==2.13.0 make test      another build of torch (default: the CPU build)
#   MASKWRIGHT_DATA=DIR make test-slow conformance and benchmark data (README, "Benchmarks")

PYTHON ?= python3
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
EXTRAS := dev,hf,cli,types,bench
BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
LAYERS := automata grammar samplers integrations bench

# The environment is rebuilt when what is to be installed changes; compiled kernels are kept per content of the kernel files,
# because numba's cache looks at the caller's file only and would keep serving a caller whose callee has changed.
STAMP := .venv/.installed-$(shell cat pyproject.toml constraints.txt 2>/dev/null | cksum | cut -d' ' -f1)
ENVIRONMENTS := ray browser lm-eval peers genlm
KERNELS := $(shell cat $(sort $(wildcard $(addsuffix /_kernels*.py,$(LAYERS)))) /dev/null | cksum | cut -d' ' -f1)
TEST := NUMBA_CACHE_DIR="$(CURDIR)/.venv/kernels-$(KERNELS)" $(BIN)/python -m pytest --quiet

DEMO_TEXT := Maria Lopez, 34, is a nurse from Lisbon. She speaks Portuguese and English.
DEMO_SCHEMA := docs/examples/person.schema.json

.PHONY: demo test test-slow test-all test-peers test-ray test-lm-eval test-browser lint types bench bench-report truth-peer peers links install clean help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

demo: install ## a sentence in, typed JSON out, by the model that comes with the package
	@echo 'text:   $(DEMO_TEXT)'
	@echo 'schema: $(DEMO_SCHEMA)'
	@$(BIN)/maskwright generate '$(DEMO_TEXT)' --schema $(DEMO_SCHEMA)

test: install ## everything fast (kernel compilation included); needs no data
	@$(TEST)

test-slow: install ## long property runs; conformance and benchmark runs where MASKWRIGHT_DATA is set
	@$(TEST) -m 'slow and not peers'

test-all: install ## test and test-slow in one run
	@$(TEST) -m 'not peers'

test-peers: install peers ## the benchmark adapters of the other engines, against the real packages
	@$(TEST) -m peers

test-ray: .venv/ray/.installed ## the benchmark runner on a local Ray cluster, in an environment of its own (.venv/ray)
	@.venv/ray/bin/python -m pytest --quiet -m peers -p no:unraisableexception tests/bench/test_ray.py

test-lm-eval: .venv/lm-eval/.installed ## lm-evaluation-harness with our model, in an environment of its own (.venv/lm-eval)
	@.venv/lm-eval/bin/python -m pytest --quiet -m 'peers or not peers' -p no:unraisableexception tests/bench/test_lm_eval.py tests/bench/test_datasets.py

test-browser: .venv/browser/.installed ## the HTML report in the system's Chromium, in an environment of its own (.venv/browser)
	@.venv/browser/bin/python -m pytest --quiet -rs tests/bench/test_page.py

lint: install ## ruff, with the rules of pyproject.toml
	@$(BIN)/ruff check .

types: install links ## mypy over the package as it is imported
	@$(BIN)/mypy

bench-report: install peers ## JSONSchemaBench, 400 schemas, three engines: tables and an HTML page in bench-report/ (needs MASKWRIGHT_DATA)
	@$(BIN)/python -m maskwright.bench jsonschemabench --limit 400 --seed 1 --engines maskwright,llguidance,xgrammar --max-tokens 200 --out bench-report

bench: install peers ## side by side with the other engines on 300 MaskBench files (needs MASKWRIGHT_DATA)
	@$(BIN)/python -m maskwright.bench speed --sample 300 --seed 7

truth-peer: install .venv/genlm/.installed ## SMC beside genlm-control, in an environment of its own (.venv/genlm)
	@$(BIN)/python -m maskwright.bench truth-peer --python .venv/genlm/bin/python $(TRUTH_PEER)

peers: .venv/peers/.installed ## the other engines, in an environment of their own (.venv/peers)

links: ## src/maskwright/<layer> -> ../../<layer>, for tools that do not run import hooks (mypy, pyright)
	@for layer in $(LAYERS); do ln -sfn ../../$$layer src/maskwright/$$layer; done

install: $(STAMP) ## build .venv and install into it

clean: ## remove caches, compiled kernels, build output and links; .venv stays
	@rm -rf build dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache .venv/kernels-*
	@for layer in $(LAYERS); do [ ! -L src/maskwright/$$layer ] || rm src/maskwright/$$layer; done
	@find $(LAYERS) src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A CPU build of torch, in this order: as pip is configured here, from PyTorch's own index, and (where no CPU-only build is
# published apart, as on macOS) the ordinary one. On Linux the ordinary one brings CUDA, so it is taken only when TORCH asks for it.
$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'maskwright needs Python 3.11 or later: make PYTHON=python3.11 ...' >&2; exit 1; }
	@echo 'building .venv (once; torch, transformers and the test tools)' >&2
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@torch=$$(grep '^torch==' constraints.txt); \
	if [ -n "$(TORCH)" ]; then $(PIP) install -c constraints.txt "$(TORCH)"; \
	elif $(PIP) install -c constraints.txt "$$torch+cpu" 2>/dev/null; then :; \
	elif $(PIP) install -c constraints.txt "$$torch+cpu" --extra-index-url $(TORCH_INDEX) 2>/dev/null; then :; \
	elif [ "$$(uname)" != Linux ]; then $(PIP) install -c constraints.txt "$$torch"; \
	else echo "no CPU build of $$torch found; set TORCH_INDEX, or TORCH=$$torch for the default build" >&2; exit 1; fi
	@$(PIP) install -c constraints.txt setuptools
	@$(PIP) install -c constraints.txt --no-build-isolation -e '.[$(EXTRAS)]'
	@rm -f .venv/.installed-* && touch $@

# What has heavy dependencies of its own gets an environment of its own: extras over the same working tree, and the engines we compare with.
.venv/ray/.installed: WANTED := -e '.[dev,bench,ray]'
.venv/browser/.installed: WANTED := -e '.[dev,bench,browser]'
.venv/lm-eval/.installed: WANTED := -e '.[dev,bench,hf,parquet,lm-eval]'
.venv/peers/.installed: WANTED := llguidance xgrammar outlines-core lm-format-enforcer tokenizers
.venv/genlm/.installed: WANTED := genlm-control
.venv/lm-eval/.installed .venv/peers/.installed .venv/genlm/.installed: WITH_TORCH := yes
$(ENVIRONMENTS:%=.venv/%/.installed): $(STAMP)
	@echo "building $(@D)" >&2
	@[ -x $(@D)/bin/python ] || $(PYTHON) -m venv $(@D)
	@torch=$$(grep '^torch==' constraints.txt); own='$(@D)/bin/python -m pip -qq --disable-pip-version-check install'; \
	[ -z "$(WITH_TORCH)" ] || $$own "$$torch+cpu" 2>/dev/null || $$own "$$torch+cpu" --extra-index-url $(TORCH_INDEX) 2>/dev/null || $$own "$$torch"; \
	$$own -c constraints.txt setuptools && $$own --no-build-isolation $(WANTED) && touch $@
