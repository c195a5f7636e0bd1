"""Every error answer of the service: RFC 9457 problem+json with a stable `type`, in one place.

It owns the types, their status and titles, and the mapping from `models.errors`. It never shows the text of an error
that was not raised on purpose: such text may hold an article or a path.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.responses import Response

from models.errors import (
    BadEncoding,
    BadInput,
    BundleError,
    Busy,
    CaibianError,
    DeviceError,
    Stopping,
    StoreDown,
    TooLarge,
    TooLate,
    WorkerLost,
)

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:caibian:problem:"

KINDS: dict[str, tuple[int, str]] = {
    "bad-json": (400, "请求不是合格的 JSON · The body is not proper JSON"),
    "bad-encoding": (400, "请求不是 UTF-8 文本 · The body is not UTF-8 text"),
    "unauthorized": (401, "需要有效的密钥 · A valid key is needed"),
    "forbidden": (403, "没有权限 · Not allowed"),
    "not-found": (404, "没有这个地址 · No such address"),
    "method-not-allowed": (405, "此地址不接受这种方法 · The address does not take this method"),
    "too-slow": (408, "请求来得太慢 · The request took too long to arrive"),
    "conflict": (409, "与现状冲突 · In conflict with what is there"),
    "gone": (410, "已撤稿 · Withdrawn"),
    "changed": (412, "稿件已被他人更新 · Changed by somebody else"),
    "too-large": (413, "超过上限 · Over a limit"),
    "wrong-content-type": (415, "内容类型不对 · Wrong content type"),
    "bad-input": (422, "请求内容有误 · The request cannot be used as it is"),
    "busy": (429, "服务繁忙 · Too busy"),
    "rate-limited": (429, "调用太频繁 · Too many calls"),
    "quota-used-up": (429, "今天的额度已用完 · The quota of the day is used up"),
    "internal": (500, "服务内部出错 · Internal error"),
    "bundle": (503, "模型包不可用 · A model bundle cannot be used"),
    "store-down": (503, "存储不可用 · The store does not answer"),
    "not-ready": (503, "服务正在启动 · Not ready yet"),
    "stopping": (503, "服务正在停止 · The service is stopping"),
    "too-late": (504, "没有在时限内完成 · Not done in time"),
}
"""The last part of each `type`: its status and title. Names are stable: clients branch on them."""


class Problem(Exception):
    """An answer that is an error; raise it anywhere under a route."""

    def __init__(
        self,
        kind: str,
        detail: str,
        field: str | None = None,
        *,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind, detail, field)
        self.kind = kind
        self.detail = detail
        self.field = field
        self.more = dict(more or {})
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """The HTTP status of this kind."""
        return KINDS[self.kind][0]

    def response(self, request_id: str = "") -> Response:
        """The answer as it goes out."""
        status, title = KINDS[self.kind]
        body: dict[str, Any] = {"type": PREFIX + self.kind, "title": title, "status": status, "detail": self.detail}
        if self.field is not None:
            body["field"] = self.field
        if request_id:
            body["instance"] = f"urn:caibian:request:{request_id}"
        # A field's name comes from outside and may hold a lone surrogate, which UTF-8 cannot write.
        content = json.dumps(body | self.more, ensure_ascii=False).encode("utf-8", "replace")
        return Response(content, status, self.headers, MEDIA_TYPE)


def from_error(error: CaibianError) -> Problem:  # noqa: PLR0911 - one line a kind of error
    """The problem of an error that Caibian raised on purpose: the one map from the error tree to HTTP."""
    match error:
        case TooLarge():
            return Problem("too-large", error.message, error.field)
        case BadEncoding():
            return Problem("bad-encoding", error.message, error.field)
        case BadInput():
            return Problem("bad-input", error.message, error.field)
        case Stopping():
            return Problem("stopping", error.message, headers={"Retry-After": str(error.seconds)})
        case Busy():
            return Problem("busy", error.message, error.field, headers={"Retry-After": str(error.seconds)})
        case TooLate():
            return Problem("too-late", error.message)
        case WorkerLost():
            return Problem("internal", error.message)
        case StoreDown():
            # The message may name a path or a host: it is in the log.
            return Problem(
                "store-down",
                "存储暂时不可用，请稍后重试。 The store does not answer at the moment: try again a little later.",
                headers={"Retry-After": "5"},
            )
        case BundleError() | DeviceError():
            # The message names a path on this machine: it goes to the log, not to the caller.
            return no_bundle()
    return internal()


def no_bundle() -> Problem:
    """The answer while a bundle cannot be used."""
    return Problem("bundle", "模型包不可用，请查看服务日志。 A model bundle cannot be used: see the service's log.")


def internal() -> Problem:
    """The answer to what nobody foresaw."""
    return Problem(
        "internal",
        "服务内部出错，请把 instance 里的编号告诉管理员，日志里有详情。 "
        "Something failed inside the service: give your administrator the id in `instance`, the log has the details.",
    )


def from_validation(error: ValidationError) -> Problem:
    """The problem of JSON that has the wrong shape; `errors` lists the first twenty places when there are several."""
    found = error.errors(include_url=False, include_context=True)[:20]
    places = [{"field": field_path(e["loc"]), "detail": _sentence(e)} for e in found]
    more = {"errors": places} if len(places) > 1 else {}
    return Problem("bad-input", places[0]["detail"], places[0]["field"], more=more)


def field_path(loc: tuple[int | str, ...]) -> str:
    """`("articles", 3, "body")` as `articles[3].body`; the whole body is `$`. A caller's own name is cut at 80."""
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{shown(part)}" if path else shown(part)
    return path or "$"


def shown(name: str) -> str:
    """A name from outside, fit to be repeated in an answer: short, and without control characters."""
    clean = "".join(char if char.isprintable() else "?" for char in name[:80])
    return clean + ("…" if len(name) > 80 else "")


def _sentence(error: ErrorDetails) -> str:  # noqa: PLR0911 - one line a kind of error
    name = field_path(error["loc"]) if error["loc"] else "请求体 (request body)"
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return f"缺少 {name}，请补上。 {name} is missing: add it."
        case "extra_forbidden":
            return f"没有 {name} 这个字段，请改名或删去。 {name} is no known field: rename or remove it (see /docs)."
        case "string_type":
            return f"{name} 必须是字符串。 {name} must be a string."
        case "string_unicode":
            return (
                f"{name} 含有不成对的代理码位（如 \\ud800），不是文字，请检查导出文本的程序。 "
                f"{name} holds half of a surrogate pair (such as \\ud800), no text: check the program that wrote it."
            )
        case "list_type":
            return f"{name} 必须是数组。 {name} must be an array."
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{name} 必须是 JSON 对象。 {name} must be a JSON object."
        case "literal_error":
            known = str(context.get("expected"))
            return f"{name} 只能是 {known.replace(', ', '、').replace(' or ', ' 或 ')}。 {name} must be {known}."
    return f"{name} 的值不对（{error['type']}），见 /docs。 {name} has a wrong value ({error['type']}): see /docs."
