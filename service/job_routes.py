"""/v1/jobs: archives that are analysed behind the requests. Handing in, progress, results, cancelling.

A job is seen by the key that handed it in, and by admin keys. The work is job_runner.py's.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from models.article import Article
from models.errors import BadInput
from service import webhooks
from service.answers import as_json, missing, once, with_etag
from service.gate import AnyCaller, Caller
from service.job_results import FORMATS, WRITERS, blocks_of, parquet_of
from service.kept_schemas import JobIn, JobOut, JobsOut
from service.parts import Parts
from service.queries import choice, number
from service.routes import KEPT_PROBLEMS, WithParts
from service.uploads import clean, items_of, read_items, too_many, why_not

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from service.store.jobs import Item

router = APIRouter(prefix="/v1/jobs", responses=KEPT_PROBLEMS, tags=["jobs"])
FILE = {"schema": {"type": "string", "format": "binary"}}
TAKES = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/JobIn"}},
            "application/x-ndjson": FILE,
            "text/csv": FILE,
            "application/octet-stream": FILE,
        },
    }
}


@router.post("", status_code=202, response_model=JobOut, openapi_extra=TAKES)
async def hand_in(
    request: Request,
    parts: WithParts,
    caller: AnyCaller,
    name: Annotated[str | None, Query(description="Of an uploaded file, with its suffix.")] = None,
    length: Annotated[str, Query(description="Of an upload's summaries: headline or brief.")] = "brief",
    summaries: Annotated[str, Query(description="Of an upload: true or false.")] = "true",
    pages: Annotated[str, Query(description="Of an upload: true when its texts are newspaper pages.")] = "false",
    webhook: Annotated[str | None, Query(description="Of an upload: called when the job is over.")] = None,
) -> Response:
    """Hand in a list of articles as JSON, or a file of any kind that `python -m service tag` reads, as the body."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if name is None and kind in ("application/json", ""):
        call = await parts.bodies.read(request, JobIn, lambda _: None)
        items = await asyncio.to_thread(_items, call, parts)
        # Not model_dump_json: an article that holds half a surrogate pair fails alone, not the job.
        asked = await asyncio.to_thread(lambda: json.dumps(call.model_dump()))
        return await _keep(request, parts, caller, asked, items, call.length, call.summaries, call.webhook)
    choice(length, "length", ("headline", "brief"))
    wants = choice(summaries, "summaries", ("true", "false")) == "true"
    split = choice(pages, "pages", ("true", "false")) == "true"
    if webhook is not None:
        webhooks.check_url(webhook, parts.settings)
    async with parts.uploads.receive(request, name) as upload:
        spool = await asyncio.to_thread(items_of, upload, parts.settings, pages=split, summaries=wants)
        if not spool.stat().st_size:
            raise BadInput("文件里没有稿件。 There is no article in the file.", field="$")
        asked = f"{upload.digest} {upload.name} {length} {wants} {split} {webhook}"
        return await _keep(request, parts, caller, asked, spool, length, wants, webhook)


@router.get("", response_model=JobsOut)
async def listing(
    request: Request,
    parts: WithParts,
    caller: AnyCaller,
    limit: Annotated[str, Query(description="At most so many, 1 to 1000.")] = "100",
) -> Response:
    """The newest jobs: of this key, or of all for an admin key."""
    most = number(limit, "limit", 1, 1000)
    rows = await parts.storage.read(_latest, caller, most) if parts.storage.used else []
    return with_etag(request, {"jobs": [as_dict(row) for row in rows]})


@router.get("/{job_id}", response_model=JobOut)
async def progress(request: Request, job_id: str, parts: WithParts, caller: AnyCaller) -> Response:
    """How far a job is."""
    return with_etag(request, as_dict(await _job(parts, caller, job_id)))


@router.post("/{job_id}/cancel", response_model=JobOut)
async def cancel(job_id: str, parts: WithParts, caller: AnyCaller) -> Response:
    """Stop a job. What has a result keeps it; a job that is over stays as it is."""
    await _job(parts, caller, job_id)
    await parts.storage.write(_cancel, job_id)
    return as_json(as_dict(await _job(parts, caller, job_id)))


@router.get(
    "/{job_id}/results",
    response_class=Response,
    responses={200: {"content": {kind.partition(";")[0]: {} for kind in FORMATS.values()}}},
)
async def results(
    job_id: str,
    parts: WithParts,
    caller: AnyCaller,
    format: Annotated[str, Query(description="jsonl, csv or parquet.")] = "jsonl",  # noqa: A002 - the caller's word
) -> Response:
    """A record an article, in the order that they came; while the job runs, those that are done by then."""
    chosen = choice(format, "format", tuple(FORMATS))
    await _job(parts, caller, job_id)
    headers = {"Content-Disposition": f'attachment; filename="{job_id[:32]}.{chosen}"'}
    if chosen in WRITERS:
        # Read in the threads of the streaming answer, a stretch a transaction.
        return StreamingResponse(WRITERS[chosen](_rows(parts, job_id)), 200, headers, FORMATS[chosen])
    # Not in the storage's few threads: every key is asked for there.
    file = await asyncio.to_thread(lambda: parquet_of(_rows(parts, job_id)))
    size = {"Content-Length": str(file.seek(0, os.SEEK_END))}
    return StreamingResponse(blocks_of(file), 200, headers | size, FORMATS[chosen])


def as_dict(job: Any) -> dict[str, Any]:
    """The JSON of a job."""
    times = {
        name: when.isoformat() if (when := getattr(job, name)) else None for name in ("created", "started", "finished")
    }
    plain = {name: getattr(job, name) for name in ("id", "state", "total", "done", "failed", "length", "summaries")}
    return plain | times | {"webhook": job.webhook_state}


def _items(call: JobIn, parts: Parts) -> list[Item]:
    from service.store.jobs import Item

    if not call.articles:
        raise BadInput(
            "articles 是空的，请至少放入一篇稿件。 articles is empty: put in at least one.", field="articles"
        )
    if len(call.articles) > parts.settings.max_job_articles:
        raise too_many(parts.settings)
    if call.webhook is not None:
        webhooks.check_url(call.webhook, parts.settings)
    items = []
    for n, given in enumerate(call.articles):
        error = why_not(Article(given.headline or "", given.body, given.id), parts.settings, need_body=call.summaries)
        name = clean(given.id) if error else given.id
        items.append(Item(n, name, error=error) if error else Item(n, name, given.headline, given.body))
    return items


async def _keep(
    request: Request,
    parts: Parts,
    caller: Caller,
    asked: str,
    items: list[Item] | Path,
    length: str,
    summaries: bool,
    webhook: str | None,
) -> Response:
    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        from service.store import jobs

        made = jobs.create(
            connection,
            read_items(items) if isinstance(items, Path) else items,
            summaries=summaries,
            length=length,
            webhook=webhook,
            key_id=caller.key_id,
            caller=caller.name,
        )
        return 202, as_dict(jobs.get(connection, made))

    answer = await once(request, parts, caller, asked, work)
    parts.new_job.set()
    return answer


async def _job(parts: Parts, caller: Caller, job_id: str) -> Any:
    """The job, when the caller may see it; raises Problem as if it were not there otherwise."""
    known = job_id.isascii() and job_id.isalnum() and len(job_id) <= 32
    job = await parts.storage.read(_get, job_id) if known and parts.storage.used else None
    if job is None or not (caller.may("admin") or job.key_id == caller.key_id):
        raise missing("任务")
    return job


def _rows(parts: Parts, job_id: str) -> Iterator[Any]:
    from service.store.jobs import all_results

    return all_results(parts.storage.open().read, job_id)


def _get(connection: Connection, job_id: str) -> Any:
    from service.store import jobs

    return jobs.get(connection, job_id)


def _latest(connection: Connection, caller: Caller, limit: int) -> Sequence[Any]:
    from service.store import jobs

    return jobs.latest(connection, caller.key_id, every=caller.may("admin"), limit=limit)


def _cancel(connection: Connection, job_id: str) -> bool:
    from service.store import jobs

    return jobs.cancel(connection, job_id)
