"""What a machine's owner may set: the `CAIBIAN_*` environment variables, their defaults and their meaning.

It owns names, defaults and ranges, and the table that docs/settings.md shows. It knows nothing of what changes a
prediction (that lives in a bundle) or an experiment (a TOML file). Nothing is read at import: whoever needs settings
makes them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.device import read_device
from models.errors import BadInput

PREFIX = "CAIBIAN_"
MASK = "***"


class Settings(BaseSettings):
    """Every setting of the service; the description of a field is its line in docs/settings.md."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    topics_bundle: str | None = Field(
        default=None, description="Folder of the topics bundle, or `keywords` for the rules. Unset: the shipped one."
    )
    summaries_bundle: str | None = Field(
        default=None,
        description="Folder of the summaries bundle, or `lead` for the first sentence. Unset: the shipped one.",
    )
    device: str = Field(
        default="cpu",
        description="What the models run on: `cpu`; or `cuda`, `cuda:1` for a graphics card, in fp16, with "
        "requirements/gpu.lock ([operations.md](operations.md#on-a-graphics-card)).",
    )
    threads: int = Field(
        default=0, ge=0, le=1024, description="Threads one inference may use; 0 works it out of the cores."
    )
    workers: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Inferences that run at the same time; 0: one for every four cores, one on a card.",
    )
    restart: bool = Field(
        default=True,
        description="1: a second process watches the one that serves, and starts another when that dies in native code "
        "([operations.md](operations.md#when-it-crashes)); 0: one process, which something else watches.",
    )
    max_waiting: int = Field(default=64, ge=0, le=100_000, description="Requests that may wait; the next gets 429.")
    request_seconds: int = Field(
        default=300, ge=1, le=86_400, description="Seconds that a request may wait and be computed; then 504."
    )
    drain_seconds: int = Field(
        default=20, ge=0, le=3600, description="Seconds that requests have to end once the service is told to stop."
    )
    max_articles: int = Field(default=256, ge=1, description="Articles in one call.")
    max_article_chars: int = Field(default=200_000, ge=1, description="Characters of one article's headline or body.")
    max_page_chars: int = Field(default=1_000_000, ge=1, description="Characters of one page.")
    max_body_bytes: int = Field(default=8 * 1024 * 1024, ge=1024, description="Bytes of one request body.")
    body_seconds: int = Field(
        default=30, ge=1, le=3600, description="Seconds that a request's body may take to arrive; then 408."
    )
    max_connections: int = Field(
        default=256, ge=1, le=100_000, description="Connections at the same time; the next gets 429."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged to stderr. Article text is never logged."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        default="auto",
        description="`json`: an object a line; `text`: plain lines; `auto`: plain lines at a terminal, JSON elsewhere.",
    )
    log_error_text: bool = Field(
        default=False,
        description="1 also logs the words of errors that nobody foresaw, and these may quote an article.",
    )
    traces_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+",
        description="Where OpenTelemetry traces go, OTLP over HTTP: `http://collector:4318/v1/traces`. Wants "
        "requirements/otel.lock. Unset: no traces.",
    )
    allow_open: bool = Field(
        default=False,
        description="1 allows listening beyond loopback without API keys: whoever reaches it may use it.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="Where articles, corrections, jobs and keys are kept: `postgresql://user:password@host:5432/name` or "
        "`sqlite:////absolute/path.db`. Unset: the file `var/caibian.db`, made when first needed.",
    )
    store_down: Literal["serve", "refuse"] = Field(
        default="serve",
        description="While the store does not answer: `serve` goes on with what needs no storage, for the keys known by then; "
        "`refuse` answers 503.",
    )
    retention_days: int = Field(
        default=0, ge=0, description="`purge` deletes articles and finished jobs older than this; 0 keeps them."
    )
    correction_retention_days: int = Field(
        default=0, ge=0, description="`purge` deletes corrections older than this, with their articles; 0 keeps them."
    )
    session_hours: int = Field(default=12, ge=1, le=720, description="Hours after which a browser signs in again.")
    max_job_articles: int = Field(default=100_000, ge=1, description="Articles in one job.")
    max_upload_bytes: int = Field(default=64 * 1024 * 1024, ge=1024, description="Bytes of a file uploaded for a job.")
    job_lease_seconds: int = Field(
        default=15, ge=1, le=3600, description="Seconds after which another process takes over the job of a dead one."
    )
    webhook_hosts: str | None = Field(
        default=None,
        description="Hosts that a job may call when it is done, separated by commas. A private address has to be listed itself, "
        "or its network: `desk.example.cn,10.2.0.0/16`. Unset: none.",
    )
    webhook_secret: SecretStr | None = Field(
        default=None, description="Signs webhooks (HMAC-SHA-256); without it none is sent."
    )

    @field_validator("device")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            read_device(value)
        except BadInput as error:
            raise ValueError(error.message) from None
        return value


def read_settings() -> Settings:
    """The settings of this process's environment; raises BadInput with a sentence that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = PREFIX + ".".join(str(part) for part in first["loc"]).upper()
        raise BadInput(
            f"{name}: {first['msg'].removeprefix('Value error, ')}. Mend or unset it (docs/settings.md).", field=name
        ) from None


def effective(settings: Settings) -> dict[str, str]:
    """Every variable with the value that is in force, without secrets: what may be one is `***`."""
    told = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = without_secrets(value.get_secret_value()) if name.endswith("_url") else MASK
        elif isinstance(value, str):
            value = without_secrets(value)
        told[PREFIX + name.upper()] = "" if value is None else str(int(value) if isinstance(value, bool) else value)
    return told


def without_secrets(text: str) -> str:
    """An address without its password and without what its query holds; other texts as they are."""
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return MASK
    place = parts.netloc.rpartition("@")[2]
    if parts.username or parts.password:
        place = f"{parts.username or ''}:{MASK}@{place}" if parts.password else f"{parts.username}@{place}"
    names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    query = "&".join(f"{name}={MASK}" for name in names) or (MASK if parts.query else "")
    return f"{parts.scheme}://{place}{parts.path}" + (f"?{query}" if query else "")


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """A sentence for each `CAIBIAN_*` variable that no setting bears: a misspelt one would be ignored in silence."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    sentences = []
    for name in sorted(n for n in environ if n.startswith(PREFIX) and n not in known):
        near = difflib.get_close_matches(name, known, n=1)
        sentences.append(f"{name} is no setting and is ignored." + (f" Did you mean {near[0]}?" if near else ""))
    return sentences


def settings_table() -> str:
    """The Markdown table of docs/settings.md, one line a setting."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        value = int(field.default) if isinstance(field.default, bool) else field.default
        default = "unset" if value is None else f"`{value}`"
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines)
