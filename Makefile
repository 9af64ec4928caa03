# A thin face: the work is done by cargo and by scripts/, which can be called without make as well.

.PHONY: try test lint bench build install audit

# A live demonstration in a private tmux server; leaves nothing behind.
try:
	@scripts/try.sh

# Installs what the tests need, then runs all of them.
test:
	@scripts/test.sh

# Formatting, clippy, shell scripts, licences.
lint:
	@scripts/lint.sh

bench:
	cargo bench --locked

build:
	cargo build --release --locked

install:
	cargo install --path . --locked

# Known weaknesses of dependencies. Asks the network, so no part of `test`: yesterday's commit must pass today.
audit:
	cargo deny check advisories
