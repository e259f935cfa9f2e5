#!/bin/sh
# Makes sure there is a Chromium for the browser tests, where that is permitted; they are skipped otherwise.
# Its headless shell is the same engine without the windows of a browser: the same tests take two thirds of the processor time.
test -x "$1" && test -x "$1-headless-shell" && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Debian's chromium and its headless shell for the browser tests."
    # Where the packages cannot be reached, the tests do not wait for them.
    impatient="-o Acquire::Retries=1 -o Acquire::http::Timeout=20"
    get() { DEBIAN_FRONTEND=noninteractive apt-get $impatient install -y -qq "$@" >/dev/null 2>&1; }
    # Older Debians have no headless shell.
    { apt-get $impatient update -qq && { get chromium chromium-headless-shell || get chromium; }; } || test -x "$1" ||
        echo "Chromium could not be installed: the browser tests will be skipped." >&2
elif ! test -x "$1"; then
    echo "There is no $1 and no permission to install it: the browser tests will be skipped." >&2
fi
exit 0
