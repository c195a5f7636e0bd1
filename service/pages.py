"""The web page at / and the API's page at /docs: static files of ours, nothing from third parties.

It owns which file lies under which address. The page itself is hand-written HTML, CSS and JavaScript in static/, and
reaches the service through the same /v1 routes as everyone.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

STATIC = Path(__file__).with_name("static")
# The browser asks each time and mostly hears 304: after an upgrade no old script meets a new page.
FRESH = {"Cache-Control": "no-cache"}

router = APIRouter(include_in_schema=False)


@router.head("/")
@router.get("/")
async def desk() -> FileResponse:
    """Paste a page or an article and read what comes out."""
    return FileResponse(STATIC / "index.html", headers=FRESH)


@router.head("/docs")
@router.get("/docs")
async def docs() -> FileResponse:
    """The API, rendered from /openapi.json."""
    return FileResponse(STATIC / "docs.html", headers=FRESH)


class FreshFiles(StaticFiles):
    """Static files that a browser checks before it uses its copy."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Starlette's answer with our cache header."""
        response = await super().get_response(path, scope)
        response.headers.update(FRESH)
        return response
