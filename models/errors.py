"""Every error that Caibian raises on purpose, one tree.

    CaibianError
    ├── BadInput            what was handed in cannot be used; the sentence says what to change
    │   ├── TooLarge        over a limit that the sentence names
    │   └── BadEncoding     bytes that are not the text they claim to be
    ├── BundleError         a model bundle is missing, damaged or of another kind
    ├── DeviceError         the card that was asked for cannot compute
    ├── Busy                cannot serve now, try again later
    │   └── Stopping        the service is shutting down
    ├── TooLate             not done within its deadline
    ├── WorkerLost          the thread that worked on it was ended
    └── StoreDown           the database does not answer, or its place cannot be written

The service maps this tree to problem+json in one place (service/problems.py), the command lines to an exit code.
"""

from __future__ import annotations


class CaibianError(Exception):
    """Base of the tree. `field` names the part of the input that is to blame, where there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def of_disk(error: OSError) -> str:
    """What the system said of a file or folder, in one line, for whoever sits at the command line."""
    said = error.strerror or str(error) or type(error).__name__
    return " ".join(f"{said}: {error.filename}".split()) if error.filename else " ".join(said.split())


class BadInput(CaibianError):
    """The input cannot be used as it is."""


class TooLarge(BadInput):
    """The input is over a limit; the message names the limit."""


class BadEncoding(BadInput):
    """Bytes that do not decode; the message names the place, and `byte` is it, from 0, where it is known.

    `text`: the line with marks for what is broken, where it is known; to find where a row ends, never to be read.
    """

    def __init__(self, message: str, *, field: str | None = None, byte: int = 0, text: str = "") -> None:
        super().__init__(message, field=field)
        self.byte, self.text = byte, text


class BundleError(CaibianError):
    """A bundle is missing, damaged, or of another task or format; the message says how to mend it."""


class DeviceError(CaibianError):
    """The device that was asked for cannot be had; the message says what is missing."""


class Busy(CaibianError):
    """The service has too much to do or is shutting down; there may be room in so many `seconds`."""

    def __init__(self, message: str, *, field: str | None = None, seconds: int = 2) -> None:
        super().__init__(message, field=field)
        self.seconds = seconds


class Stopping(Busy):
    """The service is shutting down and takes nothing new."""


class TooLate(CaibianError):
    """What was asked was not done within its deadline."""


class WorkerLost(CaibianError):
    """The thread that worked on it was ended by something that is no error of the input."""


class StoreDown(CaibianError):
    """What is kept cannot be reached now."""
