#!/usr/bin/env bash
# Mutation test of eval/metrics and eval/significance.py with mutmut: `make mutants`, outside CI (about an hour on two cores).
# mutmut lives in an environment of its own under runs/, which borrows the packages of .venv; it works on a copy of the tree.
# The score stands at the end; what survived: `cd runs/mutants/tree && ../venv/bin/mutmut results`.
set -euo pipefail
cd "$(dirname "$0")/.."
home=runs/mutants tree=runs/mutants/tree
if [ ! -x $home/venv/bin/mutmut ]; then
    python3.11 -m venv $home/venv
    echo "$PWD/.venv/lib/python3.11/site-packages" >"$(echo $home/venv/lib/python3*/site-packages)/caibian.pth"
    $home/venv/bin/pip install --quiet --disable-pip-version-check mutmut==3.8.1
fi
mkdir -p $tree/tests
rm -rf $tree/eval $tree/models
cp -r eval models $tree/
rm -rf $tree/models/bundles $tree/tests/*
cp tests/__init__.py tests/test_metrics*.py $tree/tests/
cat >$tree/tests/conftest.py <<'END'
from hypothesis import settings

settings.register_profile("mutants", deadline=None, derandomize=True, database=None)
settings.load_profile("mutants")
END
cat >$tree/setup.cfg <<'END'
[mutmut]
source_paths=
    eval
only_mutate=
    eval/metrics/*.py
    eval/significance.py
also_copy=
    models
pytest_add_cli_args_test_selection=
    tests
mutate_only_covered_lines=true
timeout_constant=20
use_git_change_detection=false
[tool:pytest]
testpaths=tests
END
cd $tree
nice -n 12 ../venv/bin/mutmut run --max-children "${MUTANTS_AT_ONCE:-2}"
../venv/bin/mutmut export-cicd-stats >/dev/null
python3 - <<'END'
import json
n = json.load(open("mutants/mutmut-cicd-stats.json"))
caught = n["killed"] + n["timeout"] + n.get("suspicious", 0) + n.get("segfault", 0)
print(f"{caught} of {n['total']} mutants caught: {caught / n['total']:.1%}")
END
