"""A file that comes as the body of a request: onto disk in bounded steps, and its articles out of it with models/readers.

It owns the temporary files and their end. What a caller calls a file is used for its suffix only.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Request

from models.article import Article
from models.errors import BadInput, TooLarge
from service.inference import busy
from service.limits import MAX_ID_CHARS, check_article
from service.problems import Problem
from service.settings import Settings

if TYPE_CHECKING:
    from service.store.jobs import Item

SUFFIXES = {
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "text/csv": ".csv",
    "application/vnd.apache.parquet": ".parquet",
    "application/zip": ".zip",
    "application/x-tar": ".tar",
    "application/gzip": ".tar.gz",
    "text/plain": ".txt",
    "text/html": ".html",
    "application/pdf": ".pdf",
    "application/xml": ".xml",
}
"""What a Content-Type means when the file has no name."""
NAME = re.compile(r"[^/\\\x00-\x1f\x7f]{1,200}")
AT_ONCE = 4
"""Uploads on their way or being read at the same time."""
PREFIX = "caibian-upload-"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on disk: what it is called, where it lies, the SHA-256 of its bytes."""

    name: str
    path: Path
    digest: str


class Uploads:
    """The uploads of one app."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._room = asyncio.Semaphore(AT_ONCE)

    @contextlib.asynccontextmanager
    async def receive(self, request: Request, name: str | None) -> AsyncIterator[Upload]:
        """The body as a file, deleted at the end; raises Problem, TooLarge, Busy."""
        if self._room.locked():
            raise busy()
        name = name_of(request.headers.get("content-type", ""), name)
        folder = lock = None
        async with self._room:
            try:
                folder, lock = await asyncio.to_thread(_make_folder)
                path = folder / ("upload" + "".join(_suffixes(name)))
                async with asyncio.timeout(self._settings.body_seconds):
                    digest = await self._write(request, path)
                yield Upload(name, path, digest)
            except TimeoutError:
                raise Problem(
                    "too-slow",
                    f"文件没有在 {self._settings.body_seconds:g} 秒内送达。 "
                    f"The file did not arrive within {self._settings.body_seconds:g} seconds: check the network.",
                    "$",
                    headers={"Connection": "close"},
                ) from None
            finally:
                if folder is not None and lock is not None:
                    try:
                        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
                    finally:
                        os.close(lock)

    async def _write(self, request: Request, path: Path) -> str:
        limit, size, digest = self._settings.max_upload_bytes, 0, hashlib.sha256()
        with path.open("wb") as file:
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise TooLarge(
                        f"文件超过 {limit:,} 字节的上限，请拆分。 The file is over the limit of {limit:,} bytes: split it.",
                        field="$",
                    )
                digest.update(part)
                await asyncio.to_thread(file.write, part)
        return digest.hexdigest()


def _make_folder() -> tuple[Path, int]:
    """A folder for one upload, and the descriptor that holds its lock: who dies lets go of it."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            with contextlib.suppress(OSError):  # a file system without locks: then nobody deletes there either
                fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():  # nobody took it for left behind before it was locked
                return folder, lock
            os.close(lock)


def delete_left_behind() -> int:
    """Delete the uploads of processes that died with them: they hold articles, and room. How many there were."""
    deleted = 0
    for folder in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        with contextlib.suppress(OSError):  # somebody else's, or in use
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
                deleted += 1
            finally:
                os.close(lock)
    return deleted


def name_of(content_type: str, name: str | None) -> str:
    """The file's name, for its suffix and for ids; raises BadInput, Problem."""
    if name is not None:
        if not NAME.fullmatch(name) or not _suffixes(name):
            raise BadInput(
                "name 须是带后缀的文件名，如 archive.zip，不含路径。 "
                "name wants a file name with its suffix, such as archive.zip, and no path.",
                field="name",
            )
        return name
    suffix = SUFFIXES.get(content_type.partition(";")[0].strip().lower())
    if suffix is None:
        raise Problem(
            "wrong-content-type",
            "请发送 application/json 的稿件列表，或一个文件（?name=archive.zip，或 Content-Type: text/csv 等）。 "
            "Send a list of articles as application/json, or a file (?name=archive.zip, or Content-Type: text/csv …).",
            "Content-Type",
        )
    return "upload" + suffix


def _suffixes(name: str) -> list[str]:
    from models.readers import FORMATS

    found = [s for s in FORMATS if name.lower().endswith(s)]
    return [max(found, key=len)] if found else []


def items_of(upload: Upload, settings: Settings, *, pages: bool, summaries: bool) -> Path:
    """Read all articles of an upload into a file beside it, one JSON line each, so that the database is not held meanwhile.

    An article that cannot be read or analysed is a line with the reason. Raises TooLarge.
    """
    from models.readers import BadRecord, read_file

    spool = upload.path.with_name("items.jsonl")
    with spool.open("w", encoding="utf-8") as out:
        for n, read in enumerate(read_file(upload.path, pages=pages)):
            if n >= settings.max_job_articles:
                raise too_many(settings)
            if isinstance(read, BadRecord):
                place = f"{upload.name}:{read.line}" if read.line is not None else upload.name
                told: list[str | bool | None] = [
                    clean(read.id) or place,
                    None,
                    None,
                    clean(read.reason.replace(str(upload.path), upload.name)),
                ]
            else:
                name = (read.article.id or "").replace(str(upload.path), upload.name)
                article = Article(read.article.headline, read.article.body, name)
                error = why_not(article, settings, need_body=summaries and not pages)
                told = (
                    [clean(name), None, None, error]
                    if error
                    else [name, article.headline, article.body, None, read.unsure]
                )
            out.write(json.dumps(told) + "\n")
    return spool


def read_items(spool: Path) -> Iterator[Item]:
    """The articles that `items_of` wrote."""
    from service.store.jobs import Item

    with spool.open(encoding="utf-8") as lines:
        for n, line in enumerate(lines):
            yield Item(n, *json.loads(line))


def why_not(article: Article, settings: Settings, *, need_body: bool) -> str | None:
    """Why the models cannot read an article; None when they can."""
    try:
        check_article(article, "article", settings, need_body=need_body)
    except BadInput as error:
        return error.message
    return None


def too_many(settings: Settings) -> TooLarge:
    """What a caller hears whose job is too large."""
    return TooLarge(
        f"一个任务最多 {settings.max_job_articles:,} 篇，请拆分。 "
        f"A job takes at most {settings.max_job_articles:,} articles: split it.",
        field="articles",
    )


def clean(text: str | None) -> str | None:
    """Fit for a database: no NUL, no half surrogate, not too long."""
    if text is None:
        return None
    return text[:MAX_ID_CHARS].replace("\0", "?").encode("utf-8", "replace").decode()
