"""What a route may reach: the settings, the models' readiness, the bodies, the line before the models and the metrics of this app.

One frozen record in `app.state`, handed to routes as a dependency, so that nothing is global. Later parts (keys, jobs,
store) get a line here.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from service.bodies import Bodies
from service.inference import Inference
from service.metrics import Metrics
from service.readiness import Readiness
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one running app."""

    settings: Settings
    readiness: Readiness
    bodies: Bodies
    inference: Inference
    metrics: Metrics


def parts_of(request: Request) -> Parts:
    """The dependency of every route."""
    parts: Parts = request.app.state.parts
    return parts
