#!/bin/sh
# Makes sure there is a Chromium for the browser tests, where that is permitted; they are skipped otherwise.
test -x "$1" && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Debian's chromium for the browser tests."
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } ||
        echo "Chromium could not be installed: the browser tests will be skipped." >&2
else
    echo "There is no $1 and no permission to install it: the browser tests will be skipped." >&2
fi
exit 0
