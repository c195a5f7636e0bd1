#!/bin/sh
# Writes the locks: every package that an .in file needs, at an exact version. The others are made
# with the serving lock as its constraint, so both agree.
set -eu
cd "$(dirname "$0")"
PYTHON=${PYTHON:-python3.11}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

lock() { # name, constraint
    "$PYTHON" -m venv "$work/$1"
    "$work/$1/bin/pip" install --quiet --disable-pip-version-check -r "$1.in" ${2:+-c "$2"}
    {
        echo "# Written by make locks from $1.in; edit that."
        # torch: the plain version takes a CPU build where one is at hand.
        "$work/$1/bin/pip" freeze --disable-pip-version-check | sed -e 's/^torch==.*/torch==2.13.0/' -e '/ @ /d'
    } > "$1.lock.new"
    mv "$1.lock.new" "$1.lock"
}

lock serve ""
lock otel serve.lock
lock full serve.lock
lock ray serve.lock
