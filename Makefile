# SPDX-License-Identifier: Apache-2.0
# Every target sets up what it needs: a .venv in this directory, the C extension and the provider jar.
# Stamp files and modification times decide which steps are repeated.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:

VERSION := $(shell sed -n 's/^version = "\([^"]*\)".*/\1/p' pyproject.toml)
VENV    := .venv
BIN     := $(VENV)/bin
RELEASE_VENV := build/release/tools
JAR     := pyflink_ml_embedded/jars/pyflink-ml-embedded-$(VERSION).jar
BENCH_JAR := pyflink_ml_embedded/jars/pyflink-ml-embedded-benchmarks-$(VERSION).jar
MAVEN   := mvn -B -ntp -f java/pom.xml
BOUNDED := timeout -s KILL # a deadlocked JVM ignores every other signal
FLINK_SMOKE_VERSIONS := 2.1.0 2.2.0

# Tests that need torch, which are not in `make test` unless WITH_TORCH is set: torch with its
# CUDA libraries is several times as large as all other packages.
WITH_TORCH    :=
TORCH_TESTS   := tests/unit/transformers tests/unit/test_memory_errors.py tests/e2e/test_transformers.py
TEST_PACKAGES := $(VENV)/.test-packages $(if $(WITH_TORCH),$(VENV)/.torch-packages)

PROBE          := pyflink_ml_embedded/_runtime/probe.py
JAVA_SOURCES   := java/pom.xml $(PROBE) $(shell find java/src/main -type f)
NATIVE_SOURCES := $(wildcard native/*.c native/*.h native/start/*.c)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@echo "Targets (PYTHON=/path/to/python3.x chooses the interpreter of the .venv):"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(VENV)/.native $(JAR) ## classify handwritten digits in a Flink SQL job
	@$(BIN)/pyflink-ml-embedded demo

.PHONY: test
test: $(VENV)/.native $(TEST_PACKAGES) $(JAR) $(BENCH_JAR) ## run every check and test; those that need torch only with WITH_TORCH=1
	$(if $(WITH_TORCH),,@echo "==> Without the tests that need torch: make test-torch runs them")
	$(BIN)/python tests/run.py "test-java test-flink test-bench" "asan lint test-cluster" \
	  -- "test-python $(if $(WITH_TORCH),test-torch)"

.PHONY: lint
lint: $(VENV)/.native $(VENV)/.test-packages ## check format and types of Python, and format and common errors of C
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run --Werror native/*.[ch] native/start/*.c tests/fuzz/fuzz.c
	@echo $(BIN)/clang-tidy native/*.c native/start/*.c
	@jdk=$${JAVA_HOME:-$$(dirname "$$(dirname "$$(readlink -f "$$(command -v javac)")")")}; \
	include=$$($(BIN)/python -c "import sysconfig; print(sysconfig.get_path('include'))"); \
	printf '%s\n' native/*.c native/start/*.c | xargs -P 2 -I {} $(BIN)/clang-tidy --quiet {} -- -std=c11 \
	  -isystem "$$include" -isystem "$$jdk/include" -isystem "$$jdk/include/linux" \
	  -DPYFLINK_ML_EMBEDDED_VERSION='"$(VERSION)"'

.PHONY: test-java
test-java: $(VENV)/.native $(VENV)/.test-packages $(JAR) ## run the Java tests
	$(BOUNDED) 1800 $(MAVEN) verify $(JAVA_TEST_OPTIONS)

.PHONY: test-flink
test-flink: $(VENV)/.native $(VENV)/.test-packages $(JAR) ## run the Java smoke test on each older Flink
	$(BOUNDED) 900 $(MAVEN) -q test-compile
	for flink in $(FLINK_SMOKE_VERSIONS); do \
	  echo "==> the same class files on Flink $$flink"; \
	  $(BOUNDED) 600 $(MAVEN) surefire:test -Dtest=SmokeTest,ModelsInOneQueryTest -Dflink.version=$$flink $(JAVA_TEST_OPTIONS); \
	done
JAVA_TEST_OPTIONS = -Dpython.executable=$(abspath $(BIN)/python)

.PHONY: asan
asan: $(VENV)/.native $(VENV)/.test-packages ## run the tests of the C extension with AddressSanitizer and UBSan
	$(BOUNDED) 1800 $(BIN)/python tests/native/sanitize.py

.PHONY: test-python
test-python: $(VENV)/.native $(VENV)/.test-packages $(JAR) $(BENCH_JAR) ## run the Python tests but those of clusters and of the benchmark
	$(BOUNDED) 2400 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder \
	  --ignore tests/bench --ignore tests/cluster --ignore tests/faults $(TORCH_TESTS:%=--ignore %) \
	  --ignore tests/examples/test_library_examples.py -m "not slow"

.PHONY: test-torch
test-torch: $(VENV)/.native $(VENV)/.torch-packages $(JAR) ## run the Python tests that need torch and transformers
	$(BOUNDED) 1800 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(TORCH_TESTS)

.PHONY: test-cluster
test-cluster: $(VENV)/.native $(VENV)/.test-packages $(JAR) ## run the Python tests on clusters
	$(BOUNDED) 2400 $(BIN)/pytest tests/cluster

.PHONY: test-examples
test-examples: $(VENV)/.native $(VENV)/.torch-packages $(JAR) ## run all examples: libraries, Kafka, a Java job, a notebook (minutes)
	$(BOUNDED) 1800 $(BIN)/pytest tests/examples

.PHONY: test-bench
test-bench: $(VENV)/.native $(VENV)/.test-packages $(JAR) $(BENCH_JAR) ## run the benchmark's tests
	$(BOUNDED) 1800 $(BIN)/pytest tests/bench

.PHONY: jobs
jobs: $(VENV)/.native $(VENV)/.test-packages $(JAR) ## run many jobs (JOBS=30) and see what TaskManagers hold (20 minutes)
	PYTHONPATH=tests $(BIN)/python -m soak.jobs
.PHONY: test-faults
test-faults: $(VENV)/.native $(VENV)/.test-packages $(JAR) ## kill, crash and starve jobs of a cluster (an hour)
	$(BOUNDED) 10800 $(BIN)/pytest tests/faults

.PHONY: soak
soak: $(VENV)/.native $(VENV)/.test-packages $(JAR) ## run mixed jobs under random faults (SOAK_MINUTES=20, SOAK_SEED=random)
	PYTHONPATH=tests $(BIN)/python -m soak.soak

# Java ignores TMPDIR. Most JVMs of these tests live for seconds, and would spend most of them on
# optimizing and verifying code. Those of test-java do both.
JAVA_TMPDIR := $(TMPDIR:%=-Djava.io.tmpdir=%)
test-java: export JDK_JAVA_OPTIONS := $(JAVA_TMPDIR)
test-flink test-python test-torch test-cluster test-examples test-bench: export JDK_JAVA_OPTIONS := $(JAVA_TMPDIR) \
  -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote

.PHONY: matrix
matrix: $(VENV)/.native $(VENV)/.test-packages $(JAR) ## run models on all versions of Flink, Python and Java, or on MATRIX="2.3-3.12-21 ..." (an hour)
	$(BIN)/python tests/matrix/run.py build/matrix $(MATRIX)
MATRIX :=

.PHONY: coverage
coverage: $(VENV)/.native $(VENV)/.torch-packages $(JAR) ## measure which lines the tests reach
	$(BOUNDED) 5000 $(BIN)/python tests/measure_coverage.py

.PHONY: fuzz
fuzz: $(VENV)/.native $(VENV)/.test-packages $(JAR) ## run 5 minutes of hostile objects (needs clang), archives, random values, then a million rows of each type (hours)
	$(BOUNDED) 900 $(BIN)/python tests/fuzz/fuzz.py --seconds $(FUZZ_SECONDS)
	$(BOUNDED) 3600 $(MAVEN) test -Dtest=ArchiveFuzzTest -Dfuzz.archives=$(FUZZ_ARCHIVES) -Dfuzz.seed=$$(date +%s)
	RANDOM_EXAMPLES=$(FUZZ_EXAMPLES) $(BOUNDED) 7200 $(BIN)/pytest -q -n 2 -m hypothesis tests/native
	for seed in $$(seq $(FUZZ_TABLES)); do \
	  echo "==> tables of 10,000 rows, seed $$seed"; \
	  DIFFERENTIAL_ROWS=10000 DIFFERENTIAL_SEED=$$seed $(BOUNDED) 1800 $(BIN)/pytest -q tests/differential -k every_value; \
	done
FUZZ_SECONDS  := 300
FUZZ_ARCHIVES := 50000
FUZZ_EXAMPLES := 2000
FUZZ_TABLES   := 100

.PHONY: docs
docs: $(VENV)/.native $(VENV)/.docs-packages ## build the documentation site in build/site, and check its links
	rm -rf build/site
	$(BIN)/sphinx-build -q -W --keep-going -d build/doctrees docs build/site
	$(BOUNDED) 900 $(MAVEN) -q -P release javadoc:javadoc-no-fork
	cp -r java/target/reports/apidocs build/site/java
	$(BIN)/python docs/_site/check_links.py build/site

.PHONY: bench
bench: $(VENV)/.native $(VENV)/.test-packages $(JAR) $(BENCH_JAR) ## run the benchmark (hours)
	$(BIN)/pyflink-ml-embedded bench --results $(RESULTS) $(BENCH_OPTIONS)
	$(BOUNDED) 3600 $(BIN)/python benchmarks/bench_micro.py $(RESULTS)
	$(BOUNDED) 900 $(BIN)/python benchmarks/bench_two_models.py --json $(RESULTS)/two_models.json
	$(BOUNDED) 900 $(BIN)/python benchmarks/bench_reload.py --json $(RESULTS)/reload.json
	$(BOUNDED) 300 $(BIN)/python benchmarks/bench_noise.py > $(RESULTS)/noise.csv
	$(BIN)/python benchmarks/report.py $(RESULTS)
	$(BOUNDED) 900 $(BIN)/python benchmarks/bench_steps.py $(RESULTS)
	$(BIN)/python benchmarks/pages.py README.md docs/performance.md docs/comparison.md $(RESULTS)
RESULTS := benchmarks/results/$(shell date -u +%F)-$(shell uname -m)-$(shell nproc)-cpus
BENCH_OPTIONS :=

.PHONY: instructions
instructions: $(VENV)/.native ## count the instructions of native calls (needs valgrind); fails at 5 % more than at BASE=commit
	$(BIN)/python benchmarks/instructions.py $(if $(BASE),--base $(BASE))
BASE :=

.PHONY: wheel
wheel: $(VENV)/.native $(JAR) $(BENCH_JAR) ## build dist/*.whl, with the jars in it
	$(BIN)/python -m pip wheel --disable-pip-version-check --no-deps -w dist .

.PHONY: release
release: $(RELEASE_VENV)/.packages ## build dist/ for an upload, and try it (RELEASE_OPTIONS=--draft: from any tree)
	$(RELEASE_VENV)/bin/python release/build.py $(RELEASE_OPTIONS)
RELEASE_OPTIONS :=

.PHONY: version
version: ## write VERSION=x.y.z into every file that has the version
	sed -i 's/^version = "[^"]*"/version = "$(VERSION)"/' pyproject.toml
	sed -i '0,/<version>[^<]*</s//<version>$(VERSION)</' java/pom.xml benchmarks/jvm/pom.xml examples/java-provider/pom.xml

.PHONY: clean
clean: ## remove what was built; the .venv stays
	rm -rf build dist *.egg-info java/target benchmarks/jvm/target demo-output pyflink_ml_embedded/jars \
	  pyflink_ml_embedded/*.so $(VENV)/.native .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(VENV)/bin/python: | check
	@for python in $(PYTHONS); do \
	  if "$$python" $(PROBE) --build >/dev/null 2>&1; then \
	    echo "==> Creating .venv with $$(command -v "$$python")"; \
	    exec "$$python" -m venv $(VENV); \
	  fi; \
	done

$(VENV)/.packages: pyproject.toml setup.py $(VENV)/bin/python | check
	@echo "==> Installing PyFlink into .venv: 600 MB to download, 1.2 GB on disk, 2 to 8 minutes"
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[demo]' 'setuptools>=77'
	@touch $@

$(VENV)/.test-packages: $(VENV)/.packages | check
	@echo "==> Installing what the tests need into .venv: 190 MB to download, 0.7 GB on disk, 1 to 3 minutes"
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[test]'
	@touch $@

$(VENV)/.torch-packages: $(VENV)/.test-packages | check
	@echo "==> Installing torch with CUDA into .venv: 3 GB to download, 5.5 GB on disk, 3 to 8 minutes"
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[transformers]'
	@touch $@

$(RELEASE_VENV)/.packages: release/requirements.txt $(VENV)/bin/python | check
	$(BIN)/python -m venv --clear $(RELEASE_VENV)
	$(RELEASE_VENV)/bin/python -m pip install --disable-pip-version-check -q -r $<
	@touch $@

$(VENV)/.native: $(NATIVE_SOURCES) $(VENV)/.packages | check
	@echo "==> Building the C extension"
	$(BIN)/python setup.py -q build_ext --inplace
	@touch $@

$(VENV)/.docs-packages: $(VENV)/.packages | check
	@echo "==> Installing what the documentation needs into .venv (30 MB)"
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[docs]'
	@touch $@

$(JAR): $(JAVA_SOURCES) | check
	@echo "==> Building the provider jar: 110 MB to download the first time, 1 to 2 minutes"
	$(BOUNDED) 900 $(MAVEN) -q resources:resources compiler:compile jar:jar # without what tests need
	@mkdir -p $(@D)
	cp java/target/$(@F) $@

$(BENCH_JAR): benchmarks/jvm/pom.xml $(shell find benchmarks/jvm/src -type f) | check
	@echo "==> Building the benchmarks"
	$(BOUNDED) 900 mvn -B -ntp -f benchmarks/jvm/pom.xml package
	@mkdir -p $(@D)
	cp benchmarks/jvm/target/$(@F) $@

# Prints what the machine lacks. Flink and the jar run on Java 11 to 21; the formatter needs 17.
.PHONY: check
check:
	@status=0; \
	miss() { echo "make: $$1" >&2; status=1; }; \
	command -v cc >/dev/null || miss "no C compiler (cc): install gcc"; \
	command -v mvn >/dev/null || miss "no Maven (mvn): install maven 3.8 or later"; \
	javac=$${JAVA_HOME:+$$JAVA_HOME/bin/}javac; \
	release=$$("$$javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p') || true; \
	[ "$${release:-0}" -ge 17 ] && [ "$$release" -le 21 ] || \
	  miss "no JDK 17 to 21 ($$javac: $${release:-not found}): install openjdk-17-jdk, or set JAVA_HOME to one"; \
	if [ -e $(BIN)/python ]; then \
	  reason=$$($(BIN)/python $(PROBE) --build 2>&1) || \
	    miss "the Python of .venv: $${reason%%$$'\n'*} Then: rm -rf .venv"; \
	  [ -z "$(PYTHON)" ] || \
	    [ "$$("$(PYTHON)" -c "$$NAME_PYTHON" 2>&1)" = "$$($(BIN)/python -c "$$NAME_PYTHON" 2>&1)" ] || \
	    miss "the .venv was created by another Python than $(PYTHON): rm -rf .venv, or leave out PYTHON"; \
	else \
	  reasons=; \
	  for python in $(PYTHONS); do \
	    if ! command -v "$$python" >/dev/null; then reason="not found"; \
	    elif reason=$$("$$python" $(PROBE) --build 2>&1); then reasons=; break; fi; \
	    reasons+=$$'\n'"  $$python: $${reason%%$$'\n'*}"; \
	  done; \
	  [ -z "$$reasons" ] || \
	    miss "no Python that can be embedded; choose one with PYTHON=/path/to/python3.x:$$reasons"; \
	fi; \
	exit $$status

PYTHONS := $(or $(PYTHON),python3.12 python3.11 python3.10 python3)

define NAME_PYTHON
import sys
print(sys.base_prefix, sys.version)
endef
export NAME_PYTHON
