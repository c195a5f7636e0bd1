"""ONNX Runtime sessions out of a bundle: a graph without weights, and the weights by name.

Owns the thread count and the filling in of initialisers; knows no task.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import MANIFEST, MEND, WEIGHTS, Bundle, damaged
from models.errors import BundleError
from models.weights import Floats, quantize_rows, read_weights

TRANSPOSED = "::T"
"""An initialiser `name::T` is the transpose of the weight `name`."""
INT8, SCALES = "::int8", "::scales"
"""`name::int8` is that transpose as it is stored, `name::scales` what its columns are to be multiplied by."""


_FORMS: dict[str, Callable[[Floats], NDArray[Any]]] = {
    "": lambda weight: weight,
    TRANSPOSED: lambda weight: weight.T,
    INT8: lambda weight: quantize_rows(weight)[0].T,
    SCALES: lambda weight: quantize_rows(weight)[1][:, 0],
}


def open_sessions(
    bundle: Bundle, graphs: list[str], threads: int = 0, weights: dict[str, Floats] | None = None
) -> list[Any]:
    """One session a graph, sharing the weights; `threads` 0 takes all cores. Raises BundleError on a missing weight, and
    on a graph that ONNX Runtime refuses.
    """
    if weights is None:
        with damaged(bundle.path, WEIGHTS):
            weights = read_weights(bundle.file(WEIGHTS))
    ready: dict[str, Any] = {}
    return [_open(bundle, graph, weights, ready, threads or os.cpu_count() or 1) for graph in graphs]


def _open(bundle: Bundle, graph: str, weights: dict[str, Floats], ready: dict[str, Any], threads: int) -> Any:
    import onnxruntime as ort

    path: Path = bundle.file(graph)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    # Threads that spin between requests would take the cores from the other session.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0" if threads > 1 else "1")
    with damaged(bundle.path, MANIFEST):
        names = [str(name) for name in bundle.manifest["graphs"][graph]]
    for name in names:
        stored, _, form = name.partition("::")
        if stored not in weights:
            raise BundleError(f"bundle {bundle.path}: {graph} needs the weight {stored}, {WEIGHTS} lacks it; {MEND}")
        if name not in ready:
            value = _FORMS[f"::{form}" if form else ""](weights[stored])
            ready[name] = ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value))
    with damaged(bundle.path, graph):
        options.add_external_initializers(names, [ready[n] for n in names])
        return ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
