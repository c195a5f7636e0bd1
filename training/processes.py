"""Several processes of one run: `accelerate launch --num_processes N -m training …`. Which of them writes, and what each learns.

A step's batch is what it is in one process; each process takes every N-th row of it, and gradients and losses are weighted
so that their mean is that of the whole batch. So settings mean the same whatever N is. Without a launch there is one
process, and accelerate is not even imported.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from models.errors import CaibianError

if TYPE_CHECKING:
    from torch import Tensor

PATIENCE = timedelta(hours=12)  # while the main process evaluates, plots or asks a teacher, the others wait


def several() -> bool:
    """Whether this process was launched as one of several."""
    return "LOCAL_RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def rank() -> int:
    """The number of this process, from 0: the main one."""
    return int(os.environ["RANK"]) if several() else 0


def is_main() -> bool:
    """Whether this process writes files, evaluates and says what happens."""
    return rank() == 0


@functools.cache
def accelerator() -> Any:
    """Accelerate's view of the processes; joins them the first time."""
    import torch
    from accelerate import Accelerator, DistributedDataParallelKwargs, InitProcessGroupKwargs

    joins = InitProcessGroupKwargs(timeout=PATIENCE)
    # A base may have parameters that no loss reaches, such as a pooler.
    learns = DistributedDataParallelKwargs(find_unused_parameters=True)
    # Accelerate does not join processes that have neither a card nor been told to use the CPU.
    made = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision="no", kwargs_handlers=[joins, learns])
    if made.num_processes != int(os.environ["WORLD_SIZE"]):
        raise CaibianError(
            f"{os.environ['WORLD_SIZE']} processes were launched, accelerate joined {made.num_processes}"
        )
    return made


def wait() -> None:
    """Until all are here."""
    if several():
        accelerator().wait_for_everyone()


@contextmanager
def main_first() -> Iterator[None]:
    """The main process goes through the block before the others: what it writes there they find."""
    with accelerator().main_process_first() if several() else nullcontext():
        yield


def part_of(
    batch: Mapping[str, Tensor], count: Callable[[Mapping[str, Tensor]], float]
) -> tuple[dict[str, Tensor], float]:
    """The rows of a batch that this process learns from, and what its loss has to be multiplied by.

    `count` says how many items (rows, tokens) a loss is the mean of. A process for which no row is left takes the first
    one with weight 0, since all have to go through every step.
    """
    processes, own = accelerator().num_processes, rank()
    mine = {k: v[own::processes] for k, v in batch.items()}
    if not len(next(iter(mine.values()))):
        return {k: v[:1] for k, v in batch.items()}, 0.0
    return mine, processes * count(mine) / count(batch)


def mean(value: Tensor) -> Tensor:
    """The mean over the processes."""
    averaged: Tensor = accelerator().reduce(value.detach().clone(), "mean") if several() else value
    return averaged


def any_says(flag: bool) -> bool:
    """Whether one of the processes says so; all hear the same."""
    if not several():
        return flag
    if flag:
        accelerator().set_trigger()
    said: bool = accelerator().check_trigger()
    return said


def from_main(value: Any) -> Any:
    """What the main process has here."""
    if not several():
        return value
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([value])[0]


def random_states() -> list[dict[str, Tensor]]:
    """The random state of each process, by its number; all must ask."""
    import torch

    own = {"torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        own["cuda"] = torch.cuda.get_rng_state()
    if not several():
        return [own]
    from accelerate.utils import gather_object

    states: list[dict[str, Tensor]] = gather_object([own])
    return states


def restore_random(states: list[dict[str, Tensor]]) -> bool:
    """Put this process's state back; False when there are more or fewer processes than when it was kept."""
    if len(states) != (accelerator().num_processes if several() else 1):
        return False
    import torch

    own = states[rank()]
    torch.set_rng_state(own["torch"].cpu())
    if "cuda" in own and torch.cuda.is_available():
        torch.cuda.set_rng_state(own["cuda"].cpu())
    return True
