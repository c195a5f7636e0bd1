"""A summarizer's encoder and the steps of its decoder as calls of two sessions.

It knows where their arrays lie. On the CPU they are numpy's. On a card what the encoder said and what the decoder keeps stay
there, since they are thousands of times what a step says: only tokens go up, and the best next ones come down. No beam, no text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.device import Device
from models.runtime import ROWS

Arrays = dict[str, NDArray[Any]]


def encode(session: Any, feed: Arrays, device: Device) -> dict[str, Any]:
    """Every output of the encoder by name: numpy's arrays, or values on the card (`device.half`)."""
    names = [o.name for o in session.get_outputs()]
    if not device.half:
        return dict(zip(names, session.run(None, feed), strict=True))
    binding = session.io_binding()
    for name, value in feed.items():
        binding.bind_cpu_input(name, value)
    for name in names:
        binding.bind_output(name, device.kind, device.index)
    session.run_with_iobinding(binding)
    return dict(zip(names, binding.get_outputs(), strict=True))


class Steps:
    """The decoder's steps of one search. `fixed` is the same in each (what the step does not ask for is left out), `caches`
    grow by one place; `empty` is their shape at the start, (N, heads, 0, size).
    """

    def __init__(
        self, session: Any, fixed: Mapping[str, Any], caches: Sequence[str], empty: tuple[int, ...], device: Device
    ) -> None:
        asked = {i.name for i in session.get_inputs()}
        self._session, self._caches, self._device = session, caches, device
        self._names = [o.name for o in session.get_outputs()]
        self._fixed = {name: self._placed(value) for name, value in fixed.items() if name in asked}
        kind = np.float16 if device.half else np.float32
        self._past = {cache: self._placed(np.zeros(empty, kind)) for cache in caches}

    def take(self, small: Arrays, rows: NDArray[np.int64]) -> Arrays:
        """One step: what it says but its caches. `rows` (N) are those of the step before that each row goes on from."""
        said = self._bound(small, rows) if self._device.half else self._plain(small, rows)
        self._past = {cache: said.pop(cache) for cache in self._caches}
        return said

    def narrow(self, articles: NDArray[np.int64], beams: int) -> None:
        """From here on only these articles, each of `beams` rows; what lies on a card cannot be narrowed."""
        rows = (articles[:, None] * beams + np.arange(beams)).ravel()
        self._fixed = {name: value[articles] for name, value in self._fixed.items()}
        self._past = {cache: value[rows] for cache, value in self._past.items()}

    def _plain(self, small: Arrays, rows: NDArray[np.int64]) -> Arrays:
        past = {f"past_{cache}": value[rows] for cache, value in self._past.items()}
        return dict(zip(self._names, self._session.run(None, {**self._fixed, **past, **small}), strict=True))

    def _bound(self, small: Arrays, rows: NDArray[np.int64]) -> dict[str, Any]:
        binding = self._session.io_binding()
        for name, value in self._fixed.items():
            binding.bind_ortvalue_input(name, value)
        for cache, value in self._past.items():
            binding.bind_ortvalue_input(f"past_{cache}", value)
        for name, array in {**small, ROWS: rows}.items():
            binding.bind_cpu_input(name, np.ascontiguousarray(array))
        for name in self._names:
            binding.bind_output(name, *((self._device.kind, self._device.index) if name in self._caches else ()))
        self._session.run_with_iobinding(binding)
        said = dict(zip(self._names, binding.get_outputs(), strict=True))
        return {name: value if name in self._caches else value.numpy() for name, value in said.items()}

    def _placed(self, value: Any) -> Any:
        """An array of numpy's where the steps are computed."""
        if not self._device.half or not isinstance(value, np.ndarray):
            return value
        import onnxruntime as ort

        return ort.OrtValue.ortvalue_from_numpy(value, self._device.kind, self._device.index)
