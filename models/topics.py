"""The taxonomy: which topics there are and what they are called. One file, models/taxonomy.json, is the default.

A bundle carries the taxonomy it was trained on; only code that has no bundle (keywords, data checks) reads the file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OTHER = "other"
DEFAULT_FILE = Path(__file__).with_name("taxonomy.json")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: the name that data and answers use, and how people read it."""

    name: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The topics in their fixed order; `other` is no topic, it means that none fits."""

    topics: tuple[Topic, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Topic names in order: the order of every score vector."""
        return tuple(t.name for t in self.topics)

    def as_dict(self) -> dict[str, Any]:
        """What a bundle's manifest stores."""
        return {"topics": [{"name": t.name, "zh": t.zh, "en": t.en} for t in self.topics]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Taxonomy:
        """The reverse of `as_dict`; raises KeyError on a missing field, ValueError on a repeated or reserved name."""
        topics = tuple(Topic(t["name"], t["zh"], t["en"]) for t in data["topics"])
        names = [t.name for t in topics]
        if not names or len(set(names)) != len(names) or OTHER in names:
            raise ValueError(f"a taxonomy needs distinct topic names, none of them {OTHER!r}: {names}")
        return cls(topics)


def read_taxonomy(path: Path = DEFAULT_FILE) -> Taxonomy:
    """The taxonomy of a JSON file."""
    return Taxonomy.from_dict(json.loads(path.read_text("utf-8")))
