"""The tables, as SQLAlchemy knows them. The migrations in service/migrations make them; a test holds both to each other.

Times are UTC. A token or a session's id is kept as its SHA-256 only. What holds article text: `article_versions`, `analyses`,
`corrections`, `page_examples`, `job_items`, `desk_articles`, `pages`; a withdrawal reaches them all (store/articles.py), and
`search_index` (store/search.py), which is no table of SQLAlchemy's.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator


class Utc(TypeDecorator[datetime]):
    """A time with its zone, also on SQLite, which keeps none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: in UTC."""
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: SQLite's lacks its zone."""
        if value is None or value.tzinfo is not None:
            return value.astimezone(UTC) if value is not None else None
        return value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
JSON_NULL = JSON(none_as_null=True)
"""JSON whose None is the database's NULL."""

articles = Table(
    "articles",
    metadata,
    Column("id", String(512), primary_key=True),
    Column("version", Integer, nullable=False),  # the current one
    Column("created", Utc, nullable=False),
    Column("changed", Utc, nullable=False, index=True),
)

article_versions = Table(
    "article_versions",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("headline", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("source", Text),
    Column("date", String(32)),  # as the newsroom wrote it, ISO 8601
    Column("embargo", Utc),
    Column("digest", String(64), nullable=False),  # of all of the above
    Column("caller", String(128)),  # name of the key
    Column("created", Utc, nullable=False),
)

analyses = Table(
    "analyses",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("article_id", String(512), nullable=False),
    Column("version", Integer, nullable=False),
    Column("topics", JSON_NULL),
    Column("summary", JSON_NULL),
    Column("topics_bundle", String(256)),
    Column("summaries_bundle", String(256)),
    Column("created", Utc, nullable=False),
    ForeignKeyConstraint(
        ["article_id", "version"], ["article_versions.article_id", "article_versions.version"], ondelete="CASCADE"
    ),
    Index("ix_analyses_article_id_version", "article_id", "version"),
)

desk_articles = Table(
    "desk_articles",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("headline", Text, nullable=False),
    Column("source", String(120)),  # to filter by: the whole stands with the version, and is too long for an index
    Column("day", String(10), nullable=False),  # the newsroom's date where it is one, else the day it came (UTC)
    Column("state", String(8), nullable=False),  # open (needs a reader), unread (sure), done (an editor has said)
    Column("sureness", Float, nullable=False),  # probability that all labels are right; 0 without an analysis
    Column("labels", JSON, nullable=False),  # what holds: the editor's where there are any
    Column("reasons", JSON, nullable=False),  # [reason, topic or null]
    Column("edges", Boolean, nullable=False),  # where it begins or ends on its page is unsure
    Column("seq", Integer, nullable=False),  # of the last correction or undo, 0 for none
    Column("editor", String(128)),
    Column("changed", Utc, nullable=False),
    Index("ix_desk_articles_queue", "state", "sureness", "article_id", "day", "source"),
    Index("ix_desk_articles_source", "source", "state", "sureness", "article_id"),
    Index("ix_desk_articles_day", "day", "state", "sureness", "article_id"),
)
"""One row an article, of its current version: what the desk lists, written with every analysis and correction."""

desk_topics = Table(
    "desk_topics",
    metadata,
    Column("article_id", ForeignKey("desk_articles.article_id", ondelete="CASCADE"), primary_key=True),
    Column("topic", String(64), primary_key=True),  # one that holds, or "other"
    Column("state", String(8), nullable=False),  # as in desk_articles, these four: one index answers list and count
    Column("sureness", Float, nullable=False),
    Column("day", String(10), nullable=False),
    Column("source", String(120)),
    Index("ix_desk_topics_queue", "topic", "state", "sureness", "article_id", "day", "source"),
)

presence = Table(
    "presence",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("holder", String(64), primary_key=True),  # one open page of a browser
    Column("name", String(128), nullable=False),
    Column("seen", Utc, nullable=False, index=True),
)
"""Who has an article open, as their browsers say every few seconds."""

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the id: the id itself may tell something
    Column("caller", String(128)),
    Column("created", Utc, nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("task", String(16), nullable=False),  # topics, summaries or pages
    Column("article_id", String(512), nullable=False, index=True),  # of a page: the page's id
    Column("version", Integer),  # of the article; NULL for a page
    Column("labels", JSON_NULL),
    Column("summary", Text),
    Column("undoes", String(32), ForeignKey("corrections.id", ondelete="CASCADE"), unique=True),
    Column("editor", String(128), nullable=False),
    Column("key_id", String(16)),
    Column("note", Text),
    Column("created", Utc, nullable=False, index=True),
)
"""Append-only: rows are added, and go with a withdrawal or a purge, but no row is ever changed (a trigger says so)."""

page_examples = Table(
    "page_examples",
    metadata,
    Column("correction_id", ForeignKey("corrections.id", ondelete="CASCADE"), primary_key=True),
    Column("page_id", String(512), nullable=False),
    Column("text", Text, nullable=False),
    Column("articles", JSON, nullable=False),
)

pages = Table(
    "pages",
    metadata,
    Column("id", String(512), primary_key=True),
    Column("source", Text),
    Column("date", String(32)),  # as the newsroom wrote it
    Column("day", String(10), nullable=False),  # the newsroom's date where it is one, else the day it came (UTC)
    Column("headline", Text, nullable=False),  # of its first article that has one
    Column("articles", Integer, nullable=False),
    Column("unsure", Integer, nullable=False),  # of them, those whose edges are unsure
    Column("state", String(8), nullable=False),  # open (unsure edges), unread (sure), done (an editor has said)
    Column("caller", String(128)),
    Column("created", Utc, nullable=False),
    Column("changed", Utc, nullable=False, index=True),
    Column("last", Integer, nullable=False),  # highest number that an article of it ever had
    Column("text", Text, nullable=False),
    Column("marks", JSON, nullable=False),  # its split: [start, end, role, article, joins, unsure] a line
    Column("numbers", JSON, nullable=False),  # the kept article of each article: `id#number`
    Index("ix_pages_day", "day", "id"),
    Index("ix_pages_state", "state", "day", "id"),
)
"""Whole pages. What a list shows stands before the text: SQLite reads no further then."""

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key_id", String(16)),
    Column("caller", String(128)),
    Column("state", String(16), nullable=False, index=True),  # queued, running, done, cancelled
    Column("summaries", Boolean, nullable=False),
    Column("length", String(16), nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("created", Utc, nullable=False),
    Column("started", Utc),
    Column("finished", Utc),
    Column("runner", String(32)),  # which process works on it, until when
    Column("lease", Float),
    # processes that vanished over it since a result of it was kept
    Column("losses", Integer, nullable=False, server_default="0"),
    Column("webhook", Text),
    Column("webhook_state", String(16)),  # waiting, sent, failed
    Column("webhook_tries", Integer, nullable=False),
    Column("webhook_next", Float),
)

job_items = Table(
    "job_items",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("article_id", String(512), index=True),
    Column("headline", Text),
    Column("body", Text),
    Column("unsure", Boolean, nullable=False),  # its edges on a page are unsure: it needs review, whatever its topics
    Column("state", String(16), nullable=False),  # waiting, done, failed, withdrawn
    Column("result", JSON_NULL),
    Column("error", Text),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("scope", String(16), nullable=False),
    Column("rate_calls", Integer),
    Column("rate_seconds", Integer),
    Column("quota", Integer),
    Column("created", Utc, nullable=False),
    Column("expires", Utc),
    Column("revoked", Utc),
    Column("last_used", Utc),
)

usage = Table(
    "usage",
    metadata,
    Column("key_id", ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True),
    Column("day", String(10), primary_key=True),  # UTC
    Column("calls", Integer, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("key_id", ForeignKey("keys.id", ondelete="CASCADE"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created", Utc, nullable=False),
    Column("expires", Utc, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("caller", String(16), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", JSON, nullable=False),  # holds ids and counts, never text
    Column("created", Utc, nullable=False, index=True),
)

activations = Table(
    "activations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("task", String(16), nullable=False),
    Column("bundle", String(256), nullable=False),
    Column("created", Utc, nullable=False),
)

search_entries = Table(
    "search_entries",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),  # by which the index knows the article
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("version", Integer, nullable=False),  # whose text is indexed
    Column("day", String(10), nullable=False),
    Column("source", String(120)),
    Column("labels", Text, nullable=False),  # |a|b|, or |other|
    Index("ix_search_entries_day", "day", "n"),
    Index("ix_search_entries_source", "source", "day", "n"),
)
"""What the search filters by and sorts by. The words stand in `search_index` (store/search.py), which no table here is."""

figure_days = Table(
    "figure_days",
    metadata,
    Column("day", String(10), primary_key=True),  # UTC, of the analysis
    Column("topic", String(64), primary_key=True),  # "" for all articles, "other" for those without a topic
    Column("articles", Integer, nullable=False),
    Column("unsure", Integer, nullable=False),  # needed a reader
)
"""How many articles were analysed, written with every analysis: numbers alone, which a withdrawal leaves."""

standing = Table(
    "standing",
    metadata,
    Column("task", String(16), primary_key=True),
    Column("article_id", String(512), primary_key=True),
    Column("correction_id", ForeignKey("corrections.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created", Utc, nullable=False),
    Index("ix_standing_task_created", "task", "created"),
)
"""The correction that speaks for an article or page: the last one that counts."""

judgements = Table(
    "judgements",
    metadata,
    Column("article_id", String(512), primary_key=True),
    Column("topic", String(64), primary_key=True),
    Column("correction_id", ForeignKey("corrections.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("bundle", String(256), nullable=False),  # which had given the topics that the editor saw
    Column("model", Boolean, nullable=False),  # whether it gave the topic
    Column("editor", Boolean, nullable=False),  # whether the editor says that it is right
    Column("created", Utc, nullable=False, index=True),  # of the correction
)
"""What model and editor say of each topic, of the correction that speaks for the article."""

agreement_days = Table(
    "agreement_days",
    metadata,
    Column("day", String(10), primary_key=True),  # UTC, of the correction
    Column("topic", String(64), primary_key=True),
    Column("judged", Integer, nullable=False),
    Column("agreed", Integer, nullable=False),
)
"""The judgements counted, kept after they are gone."""
