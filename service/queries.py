"""The words of a query string, checked: they come as text, so that a wrong one gets our own sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from models.errors import BadInput


def number(text: str, name: str, least: int, most: int) -> int:
    """A whole number of a query; raises BadInput."""
    if text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most:
        return int(text)
    raise BadInput(
        f"{name} 必须是 {least} 到 {most} 的整数。 {name} must be a whole number from {least} to {most}.", field=name
    )


def choice(text: str, name: str, known: Sequence[str]) -> str:
    """A word of a query; raises BadInput."""
    if text in known:
        return text
    raise BadInput(f"{name} 只能是 {'、'.join(known)}。 {name} must be {' or '.join(known)}.", field=name)


def day(text: str, name: str) -> str:
    """A date of a query; raises BadInput."""
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise BadInput(f"{name} 请写成 2026-11-24 这样的日期。 {name} must be a date such as 2026-11-24.", field=name)
