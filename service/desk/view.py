"""How every view of the desk becomes a page: template, language, who looks, which views there are, and refusals as pages.

It owns no view. Text of articles goes into a page through `visible` only: escaped, with marks for what would hide or turn it.
"""

from __future__ import annotations

import hmac
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import parse_qs, quote, urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from models.topics import OTHER, Taxonomy, read_taxonomy
from service.correction_routes import UNKNOWN
from service.desk.words import LANGUAGES, Language, half, when, word
from service.gate import FORM, Caller
from service.parts import Parts, parts_of
from service.problems import KINDS, Problem
from service.tokens import Power

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

Role = Literal["reader", "editor", "admin"]
ROLES: dict[Power, Role] = {"tag": "reader", "review": "editor", "admin": "admin"}
NAV: list[tuple[str, str]] = [
    ("/desk", "nav_queue"),
    ("/desk/pages", "nav_pages"),
    ("/desk/search", "nav_search"),
    ("/desk/figures", "nav_figures"),
    ("/desk/corrections", "nav_corrections"),
]
"""Address and word of each view, in the order of the header."""
PREFIX, API = "/desk", "/desk/api/"
COOKIE = "lang"
YEAR = 365 * 24 * 3600
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Characters that show nothing, or turn the direction of what follows."""
WithParts = Annotated[Parts, Depends(parts_of)]


def language_of(request: Request) -> Language:
    """The language of the address (`?lang=`), else of the cookie, else Chinese."""
    for given in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        for language in LANGUAGES:
            if given == language:
                return language
    return "zh"


def role_of(caller: Caller) -> Role:
    """What somebody may do here, by the scope of the key that they signed in with."""
    return ROLES[caller.power]


def render(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """A page. Beside `context` a template has `t` (words), `half`, `signed` (an editor's name), `caller`, `role`, `language`,
    `csrf`, `nav`, `here`, `other_address`.
    """
    language = language_of(request)
    caller: Caller | None = getattr(request.state, "caller", None)
    others = [pair for pair in request.query_params.multi_items() if pair[0] != "lang"]
    other = "en" if language == "zh" else "zh"
    page = (
        environment()
        .get_template(template)
        .render(
            t=lambda key, **gaps: word(language, key, **gaps),
            half=lambda detail: half(detail, language),
            signed=lambda name: signed(name, language),
            language=language,
            caller=caller,
            role=role_of(caller) if caller else None,
            csrf=(caller.csrf if caller else None) or "",
            nav=NAV,
            here=request.url.path,
            other_address="?" + urlencode([*others, ("lang", other)]),
            **context,
        )
    )
    answer = Response(page, status, media_type="text/html; charset=utf-8")
    if request.query_params.get("lang") == language:
        answer.set_cookie(COOKIE, language, max_age=YEAR, path="/", httponly=False, samesite="strict")
    return answer


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates, with everything escaped and no name that is not there."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"visible": visible, "plain": plain, "when": when, "percent": percent, "segment": segment}
    return made


def signed(name: str, language: Language) -> str:
    """An editor's name as it is shown: whoever gave none is called so in the reader's language."""
    return word(language, "somebody") if name == UNKNOWN else name


def visible(text: str) -> Markup:
    """Text of an article for a page: as text, its hidden and turning characters shown by their numbers."""
    from markupsafe import Markup, escape

    parts: list[Markup] = []
    at = 0
    for found in HIDDEN.finditer(text):
        parts.append(escape(text[at : found.start()]))
        parts.append(Markup('<span class="hidden-char">U+{}</span>').format(f"{ord(found[0]):04X}"))
        at = found.end()
    return Markup("").join([*parts, escape(text[at:])])


def plain(text: str) -> str:
    """The same for where a page takes no marks: options, titles."""
    return HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def percent(share: float) -> str:
    """A share of 1 in whole percent, never rounded to sure."""
    return f"{min(99, max(1, round(share * 100))) if 0 < share < 1 else round(share * 100)}%"


def segment(name: str) -> str:
    """An id as the end of an address."""
    return quote(name, safe="/")


async def read_form(request: Request, limit: int) -> dict[str, list[str]]:
    """The fields of a form that was sent without JavaScript, at most `limit` bytes; raises Problem. It checks the CSRF token,
    which the gate leaves to it.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Problem("wrong-content-type", "请用页面上的表单提交。 Send the form of the page.", "Content-Type")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise Problem("too-large", "提交的内容太长。 What was sent is too long.", "$")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise Problem("bad-input", "提交的内容无法理解。 What was sent cannot be understood.", "$") from None
    caller: Caller = request.state.caller
    if caller.csrf is not None and not hmac.compare_digest(fields.get("csrf", [""])[0].encode(), caller.csrf.encode()):
        raise Problem(
            "forbidden", "页面已过期，请刷新后重试。 The page is out of date: reload it and try again.", "csrf"
        )
    return fields


def see(location: str) -> Response:
    """On to another page after a form, so that a reload sends nothing again."""
    return RedirectResponse(location, 303)


def taxonomy_of(parts: Parts) -> Taxonomy:
    """The topics of the models that serve; those of the file while none is loaded."""
    analyzer = parts.readiness.analyzer
    return analyzer.classifier.taxonomy if analyzer is not None else read_taxonomy()


def topic_names(parts: Parts, language: Language) -> dict[str, str]:
    """What topics are called, "other" for none of them included."""
    names = {t.name: t.zh if language == "zh" else t.en for t in taxonomy_of(parts).topics}
    return names | {OTHER: word(language, "other")}


def wants_page(request: Request) -> bool:
    """Whether a refusal is to be read by a person in a browser."""
    path = request.url.path
    return (path == PREFIX or path.startswith(f"{PREFIX}/")) and not path.startswith(API)


def refusal(request: Request, problem: Problem) -> Response:
    """A refusal as a page; who has not signed in is sent to do so and comes back."""
    if problem.kind == "unauthorized" and request.method in ("GET", "HEAD"):
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/login?next={quote(request.url.path + query, safe='')}", 303)
    title = KINDS[problem.kind][1].split(" · ")
    titles = dict(zip(LANGUAGES, title * 2 if len(title) == 1 else title, strict=False))
    answer = render(request, "problem.html", problem.status, problem=problem, title=titles[language_of(request)])
    answer.headers.update(problem.headers)
    return answer
