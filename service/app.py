"""Puts the service together: parts, routes, error answers, and a lifespan that loads the models.

It owns the order of things and no logic. Importing it starts nothing; every app has its own parts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from models.analyzer import Analyzer
from models.errors import CaibianError
from service import (
    article_routes,
    correction_routes,
    health,
    job_routes,
    page_routes,
    pages,
    read_routes,
    routes,
    sessions,
    superdesk,
)
from service.bodies import Bodies
from service.bundle_watch import BundleWatch
from service.cores import plan_threads, usable_cores
from service.desk import router as desk_router
from service.desk import trying
from service.desk.view import refusal, wants_page
from service.gate import Gate
from service.inference import Inference
from service.job_runner import Runner
from service.limiter import Limiter, Throttle
from service.metrics import Metrics
from service.middleware import Around
from service.openapi import with_schemas
from service.parts import Parts
from service.problems import Problem, from_error
from service.readiness import Readiness
from service.settings import Settings, read_settings
from service.storage import Storage
from service.tracing import Tracing
from service.upkeep import Upkeep
from service.uploads import Uploads

log = logging.getLogger("caibian")

VERSION = "0.1.0"
DESCRIPTION = (
    "Newspaper pages in, tagged and summarised articles out. Errors are problem+json (RFC 9457): `type` is stable, "
    "`detail` says what to do, `field` names the part. Nothing is cut silently: what is over a limit is refused."
)


def create_app(
    settings: Settings | None = None,
    analyzer: Analyzer | None = None,
    on_failure: Callable[[str], None] | None = None,
    on_ready: Callable[[], None] | None = None,
) -> FastAPI:
    """The ASGI app. `analyzer` is served instead of the configured bundles; `on_ready` hears that the models answer,
    `on_failure` why none could be loaded.
    """
    settings = settings or read_settings()
    plan = plan_threads(settings.workers, settings.threads, usable_cores(), card=settings.device != "cpu")
    settings = settings.model_copy(update={"workers": plan.workers, "threads": plan.threads})
    metrics = Metrics(lambda: inference.inside)
    inference = Inference(settings.workers, settings.max_waiting, settings.request_seconds, metrics)
    bodies = Bodies(settings.max_body_bytes, settings.body_seconds)
    tracing = Tracing(settings, VERSION)
    storage, limiter = Storage(settings), Limiter()
    parts = Parts(
        settings,
        Readiness(),
        bodies,
        inference,
        metrics,
        storage,
        limiter,
        Throttle(),
        Uploads(settings),
        asyncio.Event(),
    )
    upkeep = Upkeep(parts)
    watch = BundleWatch(parts, upkeep.once)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        log.info("threads: %s", plan)
        loading = asyncio.create_task(
            parts.readiness.load(settings, analyzer, on_failure or (lambda _: None), on_ready or (lambda: None))
        )
        async with upkeep.running(), watch.running(), Runner(parts).running():
            yield
        loading.cancel()
        inference.close()
        storage.close()
        await asyncio.to_thread(tracing.close)

    app = FastAPI(
        title="Caibian 采编",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own pages load their scripts from a CDN
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # they would tell paths and errors' words
    )
    app.state.parts, app.state.watch = parts, watch
    app.add_middleware(Gate, settings=settings, storage=storage, limiter=limiter, refuse=_answer)
    app.add_middleware(Around, metrics=parts.metrics, tracing=tracing)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(CaibianError, _on_caibian_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    for module in (
        health,
        routes,
        article_routes,
        correction_routes,
        job_routes,
        superdesk,
        sessions,
        page_routes,
        read_routes,
        pages,
    ):
        app.include_router(module.router)
    app.include_router(desk_router)
    app.include_router(trying.page_router)
    app.mount("/static", pages.FreshFiles(directory=pages.STATIC), name="static")
    app.openapi = with_schemas(app, (*routes.DESCRIBED, superdesk.SuperdeskIn))  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _answer(request: Request, problem: Problem) -> Response:
    parts: Parts = request.app.state.parts
    parts.metrics.errors.labels(problem.kind).inc()
    if wants_page(request):
        return refusal(request, problem)
    return problem.response(request.state.request_id)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this type
    return _answer(request, error)


async def _on_caibian_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CaibianError)  # noqa: S101
    return _answer(request, from_error(error))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    headers = dict(error.headers or {})
    if error.status_code == 405:
        allowed = headers.get("Allow") or headers.get("allow", "")
        detail = f"请改用 {allowed}（见 /docs）。 Use {allowed} instead (see /docs)."
        return _answer(request, Problem("method-not-allowed", detail, headers=headers))
    if error.status_code == 404:
        return _answer(request, Problem("not-found", "没有这个地址，见 /docs。 There is no such address: see /docs."))
    return _answer(
        request, Problem("bad-input", "请求无法理解，见 /docs。 The request cannot be understood: see /docs.")
    )
