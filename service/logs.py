"""What the service writes to stderr: one JSON object a line, or plain lines for a person at a terminal.

Every line of a request bears its id. Article text is never logged: of an error that nobody foresaw its kind and place are
told and not its words, which may quote an article, unless CAIBIAN_LOG_ERROR_TEXT asks for them. A line is one line, whatever
stands in it.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from contextvars import ContextVar
from typing import Any

from service.settings import Settings

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being worked on."""
trace_id: ContextVar[str] = ContextVar("trace_id", default="")
"""The id of its trace, while traces are on."""
FIELDS = "caibian_fields"
"""The name under which a record brings fields of its own: `extra=fields(status=200)`."""
DEEPEST = 20
"""Frames of an error that are told, the innermost ones."""


def fields(**told: Any) -> dict[str, Any]:
    """For `extra=`: fields that a JSON line has beside its message."""
    return {FIELDS: told}


class Lines(logging.Formatter):
    """A plain line for a terminal."""

    def __init__(self, *, error_text: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._error_text = error_text

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """One line."""
        return one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """Kind and place of an error."""
        return super().formatException(ei) if self._error_text else "\n".join(describe(ei[1]))


class JsonLines(logging.Formatter):
    """A JSON object a line: `time` (UTC), `level`, `logger`, `message`, `request`, `trace`, `error`, and what a line adds."""

    def __init__(self, *, error_text: bool) -> None:
        super().__init__()
        self._error_text = error_text

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told = line(record.levelname.lower(), record.getMessage(), record.created, logger=record.name)
        told |= getattr(record, FIELDS, {})
        if record.exc_info and record.exc_info[1]:
            told["error"] = type(record.exc_info[1]).__name__
            text = self.formatException(record.exc_info).splitlines() if self._error_text else None
            told["stack"] = text or describe(record.exc_info[1])
        return json.dumps(told, ensure_ascii=False, default=str)


def line(level: str, message: str, when: float | None = None, **more: Any) -> dict[str, Any]:
    """The fields that every JSON line has."""
    when = time.time() if when is None else when
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(when)) + f".{int(when % 1 * 1000):03d}Z"
    ids = {"request": request_id.get(), "trace": trace_id.get()}
    return {"time": stamp, "level": level, **more, "message": message} | {k: v for k, v in ids.items() if v}


def one_line(text: str) -> str:
    """Without line breaks and other control characters, which could forge a line or move a terminal's cursor."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def describe(error: BaseException | None) -> list[str]:
    """An error and what caused it: kinds and places, no words."""
    lines: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
        frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return lines


def as_json(settings: Settings) -> bool:
    """Whether lines are JSON: as set, and by default wherever no person watches."""
    return settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())


def configure(settings: Settings) -> None:
    """Let everything in this process log as the settings say."""
    kind = JsonLines if as_json(settings) else Lines
    handler = logging.StreamHandler()
    handler.setFormatter(kind(error_text=settings.log_error_text))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    if settings.log_level == "info":
        logging.getLogger("uvicorn").setLevel(logging.WARNING)  # its start and stop lines say nothing that ours do not
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # a line for each of its parts
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its line a request has the whole URL, a webhook's token too


def tell(settings: Settings, sentence: str) -> None:
    """A sentence for whoever starts the service, at every level of logging."""
    told = json.dumps(line("info", sentence), ensure_ascii=False) if as_json(settings) else sentence
    print(told, file=sys.stderr, flush=True)
