"""/v1/read: a file of any kind in, its texts out, so that a person can look at them before anything is done with them.

Nothing is analysed and nothing is kept. Whole archives are for /v1/jobs and `python -m service tag`.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from models.errors import TooLarge
from service.answers import as_json
from service.kept_schemas import ReadOut
from service.parts import Parts
from service.queries import choice
from service.routes import PROBLEMS, WithParts
from service.uploads import Upload

router = APIRouter(prefix="/v1/read", responses=PROBLEMS, tags=["articles"])
FILE = {"schema": {"type": "string", "format": "binary"}}
TAKES = {"requestBody": {"required": True, "content": {"application/octet-stream": FILE, "text/plain": FILE}}}


@router.post("", response_model=ReadOut, openapi_extra=TAKES)
async def read(
    request: Request,
    parts: WithParts,
    name: Annotated[str | None, Query(description="Of the file, with its suffix.")] = None,
    pages: Annotated[str, Query(description="true: a text is a newspaper page; false: it is one article.")] = "true",
) -> Response:
    """Read a file of any kind that `python -m service tag` reads: its pages or articles, and what could not be read."""
    whole = choice(pages, "pages", ("true", "false")) == "true"
    async with parts.uploads.receive(request, name) as upload:
        return as_json(await asyncio.to_thread(read_upload, upload, parts, pages=whole))


def read_upload(upload: Upload, parts: Parts, *, pages: bool) -> dict[str, Any]:
    """The texts of an upload; raises TooLarge when there are more than a call may have."""
    from models.readers import BadRecord, Record, read_file, read_sheets

    told: dict[str, list[dict[str, Any]]] = {"pages": [], "articles": [], "failed": []}
    chars = 0

    def named(name: str) -> str:
        return name.replace(str(upload.path), upload.name)

    for n, found in enumerate(read_sheets(upload.path) if pages else read_file(upload.path)):
        if isinstance(found, BadRecord):
            told["failed"].append({"name": named(found.file), "line": found.line, "reason": named(found.reason)})
        elif isinstance(found, Record):
            article = found.article
            chars += len(article.headline) + len(article.body)
            told["articles"].append(
                {"id": named(article.id or ""), "headline": article.headline, "body": article.body, "date": found.date}
            )
        else:
            name, sheet = found
            chars += len(sheet.text)
            told["pages"].append({"name": named(name), "page": sheet.page, "text": sheet.text})
        if n >= parts.settings.max_articles or chars > parts.settings.max_page_chars:
            raise TooLarge(
                f"文件里的文字超过一次 {parts.settings.max_articles:,} 篇或 {parts.settings.max_page_chars:,} 字的上限，"
                "请用 POST /v1/jobs 或 python -m service tag。 "
                f"The file has more than the {parts.settings.max_articles:,} texts or {parts.settings.max_page_chars:,} "
                "characters that a call may have: use POST /v1/jobs or `python -m service tag`.",
                field="$",
            )
    return told
