"""A second way of writing for one decoder: what briefs change of the headline model's weights.

A large matrix gets a product of two thin ones added (Hu et al. 2021), small vectors are replaced. So headlines come out as
if briefs did not exist, the encoder is shared, and the bundle grows by a few hundred kilobytes. Names and arrays only.
"""

from __future__ import annotations

import re

from models.weights import Floats

PREFIX = "brief."
LEFT, RIGHT = "::left", "::right"
"""`brief.NAME::left` (rank, rows) and `brief.NAME::right` (rank, columns); `brief.NAME` alone replaces the weight."""
MATRICES = re.compile(
    r"model\.decoder\.layers\.\d+\.(self_attn\.(q|k|v|out)_proj|encoder_attn\.(q|out)_proj|fc1|fc2)\.weight"
    r"|copy_head\.(copy|copy_next)\.weight"
)
"""Cross-attention's keys and values belong to the encoder's graph, which both ways of writing share."""
VECTORS = re.compile(
    r"model\.decoder\.layers\.\d+\..*(_norm\.(weight|bias)|(self_attn|encoder_attn|fc\d).*bias)|copy_head\.gate\.(weight|bias)"
)
SHARED = re.compile(r".*encoder_attn\.(k|v)_proj\.bias")


def adapted(weights: dict[str, Floats]) -> dict[str, Floats] | None:
    """The weights with which briefs are written; None where none are stored. Raises KeyError on a change of no weight."""
    changes = {name.removeprefix(PREFIX): value for name, value in weights.items() if name.startswith(PREFIX)}
    if not changes:
        return None
    out = {name: value for name, value in weights.items() if not name.startswith(PREFIX)}
    for name, value in changes.items():
        if name.endswith(LEFT):
            stored = name.removesuffix(LEFT)
            out[stored] = out[stored] + value.T @ changes[stored + RIGHT]
        elif not name.endswith(RIGHT):
            if out[name].shape != value.shape:
                raise KeyError(name)
            out[name] = value
    return out
