"""ONNX Runtime sessions out of a bundle: a graph without weights, and the weights by name.

Owns the thread count, the filling in of initialisers, and that a card which was asked for is the one that computes; knows no
task. Which graph in which precision a device takes is models/device.py's.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import MANIFEST, MEND, WEIGHTS, Bundle, damaged
from models.device import CPU, CUDA_PROVIDER, Device
from models.errors import BundleError, DeviceError
from models.weights import Floats, quantize_rows, read_weights

TRANSPOSED = "::T"
"""An initialiser `name::T` is the transpose of the weight `name`."""
INT8, SCALES = "::int8", "::scales"
"""`name::int8` is that transpose as it is stored, `name::scales` what its columns are to be multiplied by."""
HALF = "::half"
"""Behind a name or another form: the same in fp16 (models/half.py)."""
ROWS = "rows"
"""An input of a decoder's step in fp16, (N): the row of the former step that each row continues."""
GPU_PACKAGE = "onnxruntime-gpu (requirements/gpu.lock, docs/operations.md)"

_FORMS: dict[str, Callable[[Floats], NDArray[Any]]] = {
    "": lambda weight: weight,
    TRANSPOSED: lambda weight: weight.T,
    INT8: lambda weight: quantize_rows(weight)[0].T,
    SCALES: lambda weight: quantize_rows(weight)[1][:, 0],
}


def open_sessions(
    bundle: Bundle,
    graphs: list[str],
    threads: int = 0,
    weights: dict[str, Floats] | None = None,
    device: Device = CPU,
) -> list[Any]:
    """One session a graph, sharing the weights; `threads` 0 takes all cores. Raises BundleError on a missing weight, and
    on a graph that ONNX Runtime refuses; DeviceError when the device cannot be had.
    """
    check_device(device)
    if weights is None:
        with damaged(bundle.path, WEIGHTS):
            weights = read_weights(bundle.file(WEIGHTS))
    ready: dict[str, Any] = {}
    return [_open(bundle, graph, weights, ready, threads or os.cpu_count() or 1, device) for graph in graphs]


def check_device(device: Device) -> None:
    """Whether this ONNX Runtime knows the device at all; raises DeviceError that names the package that does."""
    if device.kind == "cpu":
        return
    import onnxruntime as ort

    known = ort.get_available_providers()
    if CUDA_PROVIDER not in known:
        raise DeviceError(
            f"CAIBIAN_DEVICE is {device}, but the onnxruntime {ort.__version__} that is installed was built without CUDA "
            f"(it has {', '.join(known)}): install {GPU_PACKAGE} in its place, or unset CAIBIAN_DEVICE"
        )


def _open(
    bundle: Bundle, graph: str, weights: dict[str, Floats], ready: dict[str, Any], threads: int, device: Device
) -> Any:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    # Threads that spin between requests would take the cores from the other session.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0" if threads > 1 else "1")
    with damaged(bundle.path, graph):
        model = bundle.file(graph).read_bytes()
    with damaged(bundle.path, MANIFEST):
        names = [str(name) for name in bundle.manifest["graphs"][graph]]
    if device.half:
        with damaged(bundle.path, graph):
            model, names = _in_half(model)
    for name in names:
        stored = name.partition("::")[0]
        if stored not in weights:
            raise BundleError(f"bundle {bundle.path}: {graph} needs the weight {stored}, {WEIGHTS} lacks it; {MEND}")
        if name not in ready:
            ready[name] = ort.OrtValue.ortvalue_from_numpy(_in_form(name, weights[stored]))
    with damaged(bundle.path, graph):
        options.add_external_initializers(names, [ready[n] for n in names])
        if device.kind == "cpu":
            return ort.InferenceSession(model, options, providers=device.providers)
    return _on_card(model, options, device)


def _in_form(name: str, weight: Floats) -> NDArray[Any]:
    """What an initialiser holds of the weight that it is named after; what fp16 cannot hold becomes its largest value."""
    form = name.removesuffix(HALF).partition("::")[2]
    value = _FORMS[f"::{form}" if form else ""](weight)
    if name.endswith(HALF):
        most = np.finfo(np.float16).max
        value = np.clip(value, -most, most).astype(np.float16)
    return np.ascontiguousarray(value)


def _in_half(model: bytes) -> tuple[bytes, list[str]]:
    """The graph in fp16 and the names of its weights."""
    try:
        import onnx

        from models import half
    except ImportError as e:
        raise DeviceError(
            f"a card's graphs are made with the package onnx, which is missing: install {GPU_PACKAGE}"
        ) from e
    made = half.in_half(onnx.load_model_from_string(model))
    names = [t.name for t in made.graph.initializer if t.data_location == t.EXTERNAL]
    return made.SerializeToString(), names


def _on_card(model: bytes, options: Any, device: Device) -> Any:
    """A session that computes on the card; raises DeviceError where ONNX Runtime would go on without it."""
    import onnxruntime as ort

    told = f"CAIBIAN_DEVICE is {device}, but ONNX Runtime {ort.__version__} could not take that card"
    mend = (
        "see what its log says above: driver, CUDA and cuDNN must be those that it was built for "
        "(docs/operations.md), and the card must exist; or unset CAIBIAN_DEVICE"
    )
    ort.preload_dlls()  # CUDA and cuDNN out of the nvidia-* packages, where they are installed
    try:
        session = ort.InferenceSession(model, options, providers=device.providers, enable_fallback=0)
    except Exception as e:
        raise DeviceError(f"{told} ({' '.join(str(e).split())[:200]}): {mend}") from e
    if CUDA_PROVIDER not in session.get_providers():
        raise DeviceError(f"{told}, its session came up with {', '.join(session.get_providers())} only: {mend}")
    session.disable_fallback()
    return session
