"""What computes: the CPU or a CUDA card, and all that follows from the choice.

Which graph of a bundle a device takes and in which precision, the providers that ONNX Runtime is asked for, and how much
goes to it at a time. It imports no runtime; models/runtime.py opens the sessions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from models.bundle import Bundle
from models.errors import BadInput

Precision = Literal["int8", "fp32", "fp16"]
CPU_PROVIDER, CUDA_PROVIDER = "CPUExecutionProvider", "CUDAExecutionProvider"


@dataclass(frozen=True, slots=True)
class Device:
    """`cpu`, or card `index` of `cuda`. `half`: graphs run in fp16 (models/half.py), and what a decoder keeps between its
    steps stays where they are computed. A card is asked for with it; on the CPU only tests do.
    """

    kind: Literal["cpu", "cuda"] = "cpu"
    index: int = 0
    half: bool = False

    def __str__(self) -> str:
        return f"cuda:{self.index}" if self.kind == "cuda" else "cpu"

    @property
    def providers(self) -> list[Any]:
        """For InferenceSession, first choice first: the CPU takes what CUDA has no kernel for."""
        if self.kind == "cpu":
            return [CPU_PROVIDER]
        return [(CUDA_PROVIDER, {"device_id": str(self.index)}), CPU_PROVIDER]

    @property
    def tokens_a_batch(self) -> int:
        """Padded tokens that the topics encoder reads at a time.

        A CPU's batch has to stay in its caches: 27 windows of 128 a second at 4,096, 37 at 1,024. A card multiplies tiles of
        about 128 x 128: 1,024 tokens by a width of 768 are 48, fewer than a data centre's card has multiprocessors; 8,192 are
        384, and an answer still waits for one batch of milliseconds.
        """
        return 8192 if self.kind == "cuda" else 1024

    @property
    def articles_a_batch(self) -> int:
        """Articles that are summarised at a time. A decoder's step on a card reads all weights for a few rows, eight an article:
        its time hardly grows up to about two hundred.
        """
        return 24 if self.kind == "cuda" else 16  # on a CPU articles that are done leave the batch


CPU = Device()


def read_device(text: str) -> Device:
    """The device of `cpu`, `cuda` or `cuda:N`; raises BadInput."""
    found = re.fullmatch(r"cpu|cuda(?::(\d{1,3}))?", text)
    if not found:
        raise BadInput(f"{text[:40]!r} is no device: say cpu, cuda, or cuda:1 for the second card", field="device")
    return CPU if text == "cpu" else Device("cuda", int(found[1] or 0), half=True)


def graph_of(bundle: Bundle, graph: str, device: Device = CPU) -> tuple[str, Precision]:
    """The file that a device reads for `graph`, and in which precision: the one place where that is decided.

    A CPU takes int8 where the bundle has it (training/int8.py): topics are the same to four decimals, headlines as near to those
    of editors. A card takes the graph in fp32, which is turned into fp16 as it is opened, since it has no kernel for products
    with a scale a token.
    """
    if device.half:
        return graph, "fp16"
    graphs, int8 = bundle.manifest.get("graphs"), graph.replace(".onnx", ".int8.onnx")
    return (int8, "int8") if isinstance(graphs, dict) and int8 in graphs else (graph, "fp32")
