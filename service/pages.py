"""The API's page at /docs and the static files: ours, nothing from third parties.

It owns which file lies under which address. Pages with words are made by service/desk/.
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
