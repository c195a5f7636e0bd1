"""/desk: what needs a reader, the least sure first."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.desk.view import render
from service.gate import AnyCaller

router = APIRouter(prefix="/desk")


@router.get("")
async def queue(request: Request, _: AnyCaller) -> Response:
    """The queue."""
    return render(request, "queue.html")
