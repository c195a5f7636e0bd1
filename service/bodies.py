"""From the bytes of a request to a checked pydantic model, strictly: what is not plain JSON in UTF-8 is refused.

FastAPI's own parsing reads a body of any size, takes NaN and repeated names, and answers in another shape; so the
routes read their body here. It knows nothing of what the fields mean.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from models.errors import Busy, CaibianError
from service.inference import busy
from service.problems import Problem, from_validation, shown

Model = TypeVar("Model", bound=BaseModel)
Check = Callable[[Any], None]

BIG = 64 * 1024
"""Bodies over this many bytes are parsed in a thread, so that health checks do not wait for them."""
AT_ONCE = 16
"""Bodies of full size that may be read at the same time; what comes beyond is refused as busy."""
DRAIN = 64 * 1024 * 1024
"""How much of a refused body is still read and dropped, so that the client hears the answer and not a closed socket."""


class Bodies:
    """Reads the bodies of one app: each within a time, and all that are being read within some room."""

    def __init__(self, max_bytes: int, seconds: float) -> None:
        self._max_bytes, self._seconds = max_bytes, seconds
        self._room = max_bytes * AT_ONCE
        self.held = 0

    async def read(self, request: Request, model: type[Model], check: Check, *, full: Busy | None = None) -> Model:
        """The request's JSON as `model`; raises Problem or a CaibianError. `check` sees the JSON before its shape is
        checked. `full`: what the caller hears when nobody could work on it, so that it is neither kept nor parsed.
        """
        _check_type(request)
        held = _Held(self)
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._receive(request, held, full)
            if len(body) > BIG:
                return await asyncio.to_thread(parse_model, body, model, check)
            return parse_model(body, model, check)
        except TimeoutError:
            raise self._too_slow() from None
        finally:
            held.drop()

    async def _receive(self, request: Request, held: _Held, refusal: CaibianError | Problem | None) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > self._max_bytes + DRAIN:
                break
            if refusal is None and size > self._max_bytes:
                refusal = self._too_large()
            elif refusal is None and self.held + len(part) > self._room:
                refusal = busy()
            if refusal is None:
                held.take(len(part))
                parts.append(part)
            else:
                parts.clear()
                held.drop()
        if refusal is not None:
            raise refusal
        return b"".join(parts)

    def _too_large(self) -> Problem:
        return Problem(
            "too-large",
            f"请求超过 {self._max_bytes:,} 字节的上限，请分批发送。 "
            f"The body is over the limit of {self._max_bytes:,} bytes: send it in parts.",
            "$",
        )

    def _too_slow(self) -> Problem:
        return Problem(
            "too-slow",
            f"请求体没有在 {self._seconds:g} 秒内送达，请检查网络，或分批发送。 "
            f"The body did not arrive within {self._seconds:g} seconds: check the network, or send it in parts.",
            "$",
            headers={"Connection": "close"},  # the rest of the body would be taken for the next request
        )


class _Held:
    """How much of the room one body takes."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies, self._size = bodies, 0

    def take(self, size: int) -> None:
        self._size += size
        self._bodies.held += size

    def drop(self) -> None:
        self._bodies.held -= self._size
        self._size = 0


def parse_model(body: bytes, model: type[Model], check: Check) -> Model:
    """Bytes as `model`; raises Problem, or what `check` raises."""
    data = parse_json(body)
    check(data)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise from_validation(error) from None


def parse_json(body: bytes) -> Any:
    """Strict JSON: UTF-8, no NaN, no repeated names, no nesting that only an attack has; raises Problem."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(
            "bad-encoding",
            f"第 {error.start} 字节起不是 UTF-8，请先转换编码（GBK 文件请用 python -m service tag）。 "
            f"From byte {error.start} on the body is not UTF-8: convert it first "
            "(`python -m service tag` reads GBK files).",
            "$",
        ) from None
    try:
        return json.loads(text, object_pairs_hook=_no_repeats, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _bad_json(
            f"第 {error.lineno} 行第 {error.colno} 列起不是合格的 JSON，请检查引号和逗号。 "
            f"From line {error.lineno}, column {error.colno} on this is not JSON: check quotes and commas."
        ) from None
    except RecursionError:
        raise _bad_json("JSON 嵌套太深。 The JSON is nested too deeply.") from None
    except ValueError:  # an integer of more than 4,300 digits
        raise _bad_json("JSON 里有过长的数字。 The JSON holds a number that is too long.") from None


def _check_type(request: Request) -> None:
    kind, *parameters = request.headers.get("content-type", "").lower().replace(" ", "").replace('"', "").split(";")
    charsets = [p.removeprefix("charset=") for p in parameters if p.startswith("charset=")]
    if kind != "application/json" or any(charset not in ("utf-8", "utf8") for charset in charsets):
        raise Problem(
            "wrong-content-type",
            "请发送 UTF-8 的 JSON，并加上请求头 Content-Type: application/json。 "
            "Send JSON in UTF-8 with the header Content-Type: application/json.",
            "Content-Type",
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(
            "wrong-content-type",
            "不接受压缩的请求，请去掉 Content-Encoding。 Compressed bodies are not taken: drop Content-Encoding.",
            "Content-Encoding",
        )


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise Problem(
                "bad-json",
                f"{shown(name)} 在同一个对象里出现两次，请只保留一个。 "
                f"{shown(name)} stands twice in one object: keep one of them.",
                shown(name),
            )
        seen.add(name)
    return found


def _no_constant(name: str) -> NoReturn:
    raise _bad_json(f"JSON 不允许 {name}。 {name} is not JSON.")


def _bad_json(detail: str) -> Problem:
    return Problem("bad-json", detail, "$")
