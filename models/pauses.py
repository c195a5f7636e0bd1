"""Where long work may be held up: between two batches a model calls `pause`, and whoever runs it says what that does.

It owns the place and no rule: without `pausing` around it a pause is nothing. The service lets others go first there, or ends
work that nobody waits for any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_told: ContextVar[Callable[[int], None] | None] = ContextVar("pause", default=None)


def pause(tokens: int = 0) -> None:
    """Called before a batch of so many tokens: may take as long as it likes, or raise to end the work."""
    if (told := _told.get()) is not None:
        told(tokens)


@contextmanager
def pausing(told: Callable[[int], None]) -> Iterator[None]:
    """Within it, and in this thread, every `pause` calls `told`."""
    before = _told.set(told)
    try:
        yield
    finally:
        _told.reset(before)
