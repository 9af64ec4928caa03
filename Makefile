# A thin face: the work is done by cargo and by scripts/, which can be called without make as well.

# One file that starts quickly; plain `cargo build` and `cargo install` work as well. The reasons are in the file named here.
static := cargo --config .cargo/static.toml

.PHONY: try test test-tmux lint bench build install audit

# A live demonstration in a private tmux server; leaves nothing behind.
try:
	@scripts/try.sh

# Installs what the tests need, then runs all of them.
test:
	@scripts/test.sh

# The same with the tmux of another Debian release, of which nothing is installed: make test-tmux SUITE=sid
SUITE ?= sid
test-tmux:
	@scripts/other_tmux.sh $(SUITE) target/tmux-$(SUITE)
	@PATH="$(CURDIR)/target/tmux-$(SUITE)/bin:$$PATH" scripts/test.sh

# Formatting, clippy, shell scripts, licences.
lint:
	@scripts/lint.sh

# As it is installed.
bench:
	$(static) build --release --locked --example bare_run
	$(static) bench --locked

build:
	$(static) build --release --locked

install:
	$(static) install --path . --locked

# Known weaknesses of dependencies. Asks the network, so no part of `test`: yesterday's commit must pass today.
audit:
	cargo deny check advisories
