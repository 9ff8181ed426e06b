# Everything one does with the repository. `make demo` and `make test` install what they need (as root, on Debian).

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
# For every debug build and test run, e.g. -Xswiftc -warnings-as-errors.
SWIFT_FLAGS ?=
RELEASE_FLAGS = -c release --static-swift-stdlib -debug-info-format none -Xlinker -s

# One target after the other, and one test after the other: many wait for real time, and some take a core for themselves.
TEST_TARGETS = $(notdir $(wildcard Tests/*Tests))

.PHONY: demo test build bench fuzz lint format install deb dependencies

demo:
	@scripts/install-dependencies demo
	$(SWIFT) build $(SWIFT_FLAGS) --product stan-bridged
	.build/debug/stan-bridged demo

test: dependencies
	$(SWIFT) build $(SWIFT_FLAGS) --build-tests
	@set -e; for target in $(TEST_TARGETS); do \
		echo "-- $$target"; \
		$(SWIFT) test $(SWIFT_FLAGS) --skip-build --no-parallel --filter "^$$target\\."; \
	done

# The program as it is installed: one file with the Swift runtime in it.
build:
	@scripts/install-dependencies build
	$(SWIFT) build $(RELEASE_FLAGS) --product stan-bridged

# Speed, beside Debian's C client in the same run.
bench: dependencies
	scripts/bench

# Every parser, SECONDS for each.
SECONDS ?= 60
fuzz:
	scripts/fuzz $(SECONDS)

lint:
	$(SWIFT) format lint --strict --recursive --configuration .swift-format Package.swift Sources Examples Tests Benchmarks/Package.swift Benchmarks/Sources Fuzz/Package.swift Fuzz/Sources/StanFuzz

format:
	$(SWIFT) format --in-place --recursive --configuration .swift-format Package.swift Sources Examples Tests Benchmarks/Package.swift Benchmarks/Sources Fuzz/Package.swift Fuzz/Sources/StanFuzz

install: build
	scripts/install-files .build/release/stan-bridged "$(DESTDIR)" "$(PREFIX)"

# A Debian package, which needs no Swift where it is installed.
deb: build
	@scripts/install-dependencies package
	scripts/make-deb .build/release/stan-bridged

dependencies:
	@scripts/install-dependencies
