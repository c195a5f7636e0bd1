"""The OpenAPI document: FastAPI's, with the schemas of the bodies that the routes read themselves, and how keys are sent.

It knows nothing of what the schemas mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema


def with_schemas(app: FastAPI, models: Sequence[type[BaseModel]]) -> Callable[[], dict[str, Any]]:
    """A stand-in for `app.openapi` whose document also holds the schemas of `models`, made once."""
    plain = app.openapi
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(plain())
            _, extra = models_json_schema(
                [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
            )
            parts = made.setdefault("components", {})
            parts.setdefault("schemas", {}).update(extra["$defs"])
            parts["securitySchemes"] = {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of `keys create`; none over loopback.",
                }
            }
            made["security"] = [{"key": []}, {}]
        return made

    return openapi
