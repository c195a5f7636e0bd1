"""Routes for machines that watch: /health/live, /health/ready and /metrics.

Live says the process answers, whatever the models do; ready says both models answered the canary text.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from models.analyzer import device_of
from models.topics import Topic
from service.metrics import CONTENT_TYPE
from service.parts import Parts, parts_of
from service.readiness import warnings
from service.schemas import LiveOut, ProblemOut, ReadyOut

WithParts = Annotated[Parts, Depends(parts_of)]

router = APIRouter(tags=["health"])


@router.head("/health/live", include_in_schema=False)
@router.get("/health/live")
async def live() -> LiveOut:
    """The process answers. Touches nothing that could wait."""
    return LiveOut(status="live")


@router.head("/health/ready", include_in_schema=False)
@router.get(
    "/health/ready",
    responses={503: {"model": ProblemOut, "description": "The models are being loaded, or the store does not answer."}},
)
async def ready(parts: WithParts) -> ReadyOut:
    """Both models answered the canary text, and the store answers where there is one. Which bundles they are, what they run
    on, and loudly so when one is a floor.
    """
    analyzer = parts.readiness.require()
    if parts.storage.used:
        await parts.storage.read(lambda connection: connection.exec_driver_sql("SELECT 1"))
    classifier, summarizer = analyzer.classifier, analyzer.summarizer
    computed = {"topics": device_of(classifier), "summaries": device_of(summarizer)}
    return ReadyOut(
        status="ready",
        bundles={"topics": classifier.bundle, "summaries": summarizer.bundle},
        trained={"topics": classifier.trained, "summaries": summarizer.trained},
        device={task: device for task, (device, _) in computed.items()},
        precision={task: precision for task, (_, precision) in computed.items()},
        warnings=warnings(analyzer),
        topics=[_named(topic) for topic in analyzer.classifier.taxonomy.topics],
    )


@router.get("/metrics", response_class=Response)
async def metrics(parts: WithParts) -> Response:
    """Prometheus's text format."""
    return Response(parts.metrics.text(parts.readiness.analyzer), media_type=CONTENT_TYPE)


def _named(topic: Topic) -> dict[str, str]:
    return {"name": topic.name, "zh": topic.zh, "en": topic.en}
