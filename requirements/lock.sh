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

# gpu.lock: the serving lock with another ONNX Runtime. What that needs is resolved and not installed (gigabytes of CUDA).
grep -v '^onnxruntime==' serve.lock > "$work/plain"
"$PYTHON" -m venv "$work/gpu"
"$work/gpu/bin/pip" install --quiet --disable-pip-version-check --dry-run -r gpu.in -c "$work/plain" --report "$work/gpu.json"
{
    echo "# Written by make locks from gpu.in and serve.lock; edit those."
    {
        grep -v '^#' "$work/plain"
        "$PYTHON" -c 'import json, sys
for found in json.load(open(sys.argv[1]))["install"]:
    print(found["metadata"]["name"] + "==" + found["metadata"]["version"])' "$work/gpu.json"
    } | awk '{ key = tolower($0); sub(/==.*/, "", key); gsub(/[-_.]+/, "-", key); if (!seen[key]++) print }' | sort -f
} > gpu.lock.new
mv gpu.lock.new gpu.lock
