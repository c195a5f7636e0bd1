"""What a route may reach: settings, the models' readiness, bodies, the line before the models, metrics, the store, limits.

One frozen record in `app.state`, handed to routes as a dependency, so that nothing is global.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import Request

from service.bodies import Bodies
from service.inference import Inference
from service.limiter import Limiter, Throttle
from service.metrics import Metrics
from service.readiness import Readiness
from service.settings import Settings
from service.storage import Storage
from service.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one running app."""

    settings: Settings
    readiness: Readiness
    bodies: Bodies
    inference: Inference
    metrics: Metrics
    storage: Storage
    limiter: Limiter
    throttle: Throttle
    uploads: Uploads
    new_job: asyncio.Event


async def parts_of(request: Request) -> Parts:
    """The dependency of every route."""
    parts: Parts = request.app.state.parts
    return parts
