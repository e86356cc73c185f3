# One command a line; each of them sets up what it needs. ENV names the environment, that is Pulumi.<ENV>.yaml.
ENV ?= dev
TESTS ?=
AREA ?= keys

.PHONY: help up down clean env blocked test test-long test-all mutants lint setup
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' Makefile

up: ## Deploy Pulumi.$(ENV).yaml to an AWS on this machine, and prove what it may and may not do
	@sandbox/run up --env "$(ENV)"

down: ## Destroy it, and stop what make up started
	@sandbox/run down

clean: ## Remove everything but the cache: state, local AWS, environment
	@sandbox/run clean

env: ## Print what a shell needs to work in the sandbox: eval "$$(make -s env)"
	@sandbox/run env --env "$(ENV)"

blocked: ## Preview a well-known bad example, and see the policy pack refuse it
	@sandbox/run blocked

test: ## Run the tests of every day, with style and types beside them (TESTS= narrows them down)
	@sandbox/run test $(TESTS)

test-long: ## Run the tests that take long
	@sandbox/run test --long $(TESTS)

test-all: ## Run both, one after the other
	@sandbox/run test --all $(TESTS)

mutants: ## Change the code in small ways, and count what the tests notice (AREA=language, evaluation, reasoning, trust, keys)
	@sandbox/run setup && .venv/bin/python -m tests.mutation $(AREA)

test-real-provider: ## Try the sandbox's provider beside Terraform's, and deploy through that, where there is one
	@sandbox/run test-real-provider $(TESTS)

lint: ## Check style and types
	@sandbox/run lint

setup: ## Only set up: Python environment, engine, local AWS
	@sandbox/run setup
