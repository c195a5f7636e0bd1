"""What a file may cost: how large, how deep, how far it may unpack. Every refusal names the limit it met.

Owns the numbers and the budget that all layers of one archive share. It knows nothing of formats.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

from models.errors import TooLarge

MAX_BYTES = 8 * 1024 * 1024
"""Of one text file or one line of a table: a book is under 2 MiB, so what is larger is no article."""

MAX_DOCUMENT = 64 * 1024 * 1024
"""Of a file that has to lie in memory as a whole: a PDF, a Word file, a zip or Parquet file inside an archive."""

MAX_DEPTH = 3
"""Archives inside archives: the third may hold files, but no fourth."""

MAX_TAGS = 200_000
"""Angle brackets in HTML or XML: a portal's front page has 20,000. An element takes a hundred times its bytes."""

MAX_RATIO = 200
"""How many times its size an archive may unpack to. Text packs 3 to 30 times, a table that repeats itself 100 times."""

FREE = 64 * 1024 * 1024
"""What any archive may unpack to, however small it is itself."""

MAX_DIRECTORY = 16 * 1024 * 1024
"""Of a zip's list of members, which is held in memory: about 200,000 members."""

STEP = 64 * 1024
"""Bytes that are asked of a stream at a time."""


@dataclass(slots=True)
class Budget:
    """What one file on disk may still unpack to, over all its layers: a bomb hides in the sum, not in one member."""

    size: int
    spent: int = 0

    @property
    def limit(self) -> int:
        """The bytes it may unpack to."""
        return max(FREE, self.size * MAX_RATIO)

    @property
    def over(self) -> bool:
        """Whether it is used up: then nothing more of this file is unpacked."""
        return self.spent > self.limit

    def spend(self, count: int) -> None:
        """Take note of unpacked bytes; raises TooLarge when they are too many."""
        self.spent += count
        if self.over:
            raise TooLarge(
                f"the archive of {self.size:,} bytes unpacks to more than {self.limit:,}, over the limit of "
                f"{MAX_RATIO} times its size: it looks like a bomb, and the rest of it was not read"
            )


class Metered(io.RawIOBase):
    """An unpacking stream whose bytes count against the budget."""

    def __init__(self, stream: BinaryIO, budget: Budget) -> None:
        self.stream, self.budget = stream, budget

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, into: bytearray | memoryview) -> int:  # type: ignore[override]
        """At most STEP bytes, so that the budget is asked before much is unpacked."""
        data = self.stream.read(min(len(into), STEP))
        into[: len(data)] = data
        self.budget.spend(len(data))
        return len(data)


class Joined(io.RawIOBase):
    """Bytes that were read ahead, and the rest of their stream behind them."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self.head, self.rest = head, rest

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, into: bytearray | memoryview) -> int:  # type: ignore[override]
        """From the head while it lasts."""
        if self.head:
            data, self.head = self.head[: len(into)], self.head[len(into) :]
        else:
            data = self.rest.read(min(len(into), STEP))
        into[: len(data)] = data
        return len(data)


def read_up_to(stream: BinaryIO, count: int) -> bytes:
    """`count` bytes, or as many as there are: a stream may hand them out in pieces."""
    pieces, left = [], count
    while left and (piece := stream.read(min(left, STEP))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
