"""The dashboard's figures by week, from the day tables of store/figures.py. It knows no HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Connection, func, select

from service.store.figures import ALL
from service.store.tables import agreement_days, figure_days


@dataclass(slots=True)
class Week:
    """The numbers of the seven days from `monday` on."""

    monday: date
    articles: int = 0
    unsure: int = 0
    with_topic: dict[str, int] = field(default_factory=dict)
    judged: dict[str, int] = field(default_factory=dict)
    agreed: dict[str, int] = field(default_factory=dict)


def weeks(connection: Connection, until: date, count: int) -> list[Week]:
    """The last `count` weeks, the one of `until` included, oldest first; weeks without anything are there."""
    last = until - timedelta(days=until.weekday())
    found = {monday: Week(monday) for n in reversed(range(count)) if (monday := last - timedelta(weeks=n))}
    first = min(found).isoformat()
    for row in connection.execute(select(figure_days).where(figure_days.c.day >= first)):
        if (week := _week_of(row.day, found)) is None:
            continue
        if row.topic == ALL:
            week.articles += row.articles
            week.unsure += row.unsure
        else:
            week.with_topic[row.topic] = week.with_topic.get(row.topic, 0) + row.articles
    for row in connection.execute(select(agreement_days).where(agreement_days.c.day >= first)):
        if (week := _week_of(row.day, found)) is not None:
            week.judged[row.topic] = week.judged.get(row.topic, 0) + row.judged
            week.agreed[row.topic] = week.agreed.get(row.topic, 0) + row.agreed
    return list(found.values())


def latest(connection: Connection) -> date | None:
    """The last day on which anything was analysed."""
    day = connection.execute(select(func.max(figure_days.c.day))).scalar()
    return date.fromisoformat(day) if day else None


def topics_of(found: Iterable[Week]) -> set[str]:
    """Every topic that any week knows."""
    return {topic for week in found for topic in (*week.with_topic, *week.judged)}


def _week_of(day: str, found: dict[date, Week]) -> Week | None:
    then = date.fromisoformat(day)
    return found.get(then - timedelta(days=then.weekday()))
