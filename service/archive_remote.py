"""Inputs and outputs that are no files here: `s3://`, `https://`, `memory://` and whatever else fsspec has.

An input is fetched to this machine, one file at a time, and read like any other; an output grows here and is put in its
place when it is whole. It owns listing, fetching and putting, and refuses to put over what is not the run's own. What a
file holds is models/readers/.
"""

from __future__ import annotations

import glob
import hashlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from models.errors import BadInput, CaibianError
from models.readers import Read
from models.readers.limits import Budget
from models.readers.registry import read_source
from models.readers.source import Source
from service.cli import say
from service.ledger import Ledger

HERE = Path(__file__).resolve().parents[1] / "var" / "tag"
"""Where outputs grow that are put elsewhere when they are whole."""
TRIES, PAUSE = 3, 1.0
"""Attempts to fetch a file, and seconds before the second one; then twice that."""
WEB = ("http", "https")


@dataclass(frozen=True, slots=True)
class Remote:
    """A file elsewhere: `path` in the store that `url` opens, "" on the web.

    `name` has neither password nor signature in it; `stamp` changes when the file does.
    """

    url: str
    name: str
    stamp: str
    path: str = ""


def is_url(text: str) -> bool:
    """Whether this is a URL and no path."""
    scheme, mark, _ = text.partition("://")
    return bool(mark) and scheme.replace("+", "").isalnum() and len(scheme) > 1


def local_path(url: str) -> Path | None:
    """The path of a `file://` URL, None of others; raises BadInput where it is no URL after all."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadInput(f"a {url.partition('://')[0]}:// address cannot be read ({error}): write it as a URL") from None
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def find(url: str) -> list[Remote]:
    """The files that a URL names, sorted: itself, those of a folder without hidden ones, or those that fit a pattern.

    Raises BadInput where there is none, or where the URL's protocol cannot be read here.
    """
    if urlsplit(url).scheme in WEB:
        return [_on_the_web(url)]
    system, path = _system(url)
    try:
        if glob.has_magic(path):
            names = [name for name in system.glob(path) if not system.isdir(name)]
        elif system.isdir(path):
            whole = path.rstrip("/") + "/"
            names = [name for name in system.find(path) if "/." not in "/" + name.removeprefix(whole)]
        else:
            names = [path] if system.exists(path) else []
        found = [Remote(url, _name(url, name), _stamp(system.info(name)), name) for name in sorted(names)]
    except Exception as error:  # every store has errors of its own
        raise BadInput(f"{shown_url(url)} cannot be listed: {_reason(error)}") from None
    if not found:
        raise BadInput(f"{shown_url(url)} is no file and matches none")
    return found


def read_remote(remote: Remote, *, pages: bool) -> Iterator[Read]:
    """Every article of a file elsewhere. Raises CaibianError when it cannot be fetched: no record is lost, the run can go on."""
    with tempfile.TemporaryDirectory(prefix="caibian-") as folder:
        path = Path(folder) / "fetched"
        for left in reversed(range(TRIES)):
            try:
                _fetch(remote, path)
                break
            except Exception as error:
                if not left:
                    raise CaibianError(
                        f"{remote.name} could not be fetched ({_reason(error)}): run the same command again to go on"
                    ) from None
                time.sleep(PAUSE * 2 ** (TRIES - 1 - left))
        size = path.stat().st_size
        yield from read_source(Source(remote.name, lambda: path.open("rb"), size, Budget(size), 0, path), pages=pages)


def local_output(url: str) -> Path:
    """Where the output of a run grows that belongs at this URL. Raises BadInput where nothing can be written there."""
    if urlsplit(url).scheme in WEB:
        raise BadInput(f"{shown_url(url)} cannot be written: the web takes no files, name a store such as s3://")
    _system(url)
    folder = HERE / hashlib.sha256(url.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder / (url.partition("?")[0].rstrip("/").rpartition("/")[2] or "out.jsonl")


def place_of(target: str) -> tuple[Path, str | None]:
    """Where the output grows, and the URL at which it belongs when it is whole."""
    if not is_url(target):
        return Path(target), None
    local = local_path(target)
    return (local, None) if local else (local_output(target), target)


def check_target(url: str, inputs: Sequence[Path | Remote], ledger: Ledger, *, restart: bool) -> None:
    """Refuse to write over what no run from here has put there, and over an input, quarantine included; raises BadInput."""
    beside = _quarantine(ledger, url)
    system, target = _system(url)
    try:
        exists, folder = system.exists(target), system.isdir(target)
        failed = not folder and system.exists(_system(beside)[1])
    except Exception as error:
        raise BadInput(f"{shown_url(url)} cannot be reached: {_reason(error)}") from None
    ours, store = ledger.path.exists(), url.partition("?")[2]
    if folder and not (ours and target.endswith(".parquet.d")):
        raise BadInput(f"{shown_url(url)} is a folder: name a file in it")
    for place, there in ((url, exists), (beside, failed)):
        name = _name(place, _system(place)[1])
        for remote in inputs:
            # The same name at another endpoint, which an S3 URL's query names, is another file.
            if (
                isinstance(remote, Remote)
                and remote.url.partition("?")[2] == store
                and f"{remote.name}/".startswith(f"{name}/")
            ):
                raise BadInput(f"{shown_url(place)} is an input: choose another output")
        if there and not (ours or restart):
            raise BadInput(
                f"{shown_url(place)} exists and no ledger here tells how it was made: move it away, or say --restart"
            )


def deliver(ledger: Ledger, url: str) -> None:
    """Put a finished run's output and quarantine in their places; that of an earlier run goes where nothing failed now."""
    put(ledger.out, url)
    say(f"put at {shown_url(url)}")
    beside = _quarantine(ledger, url)
    if ledger.quarantine.exists():
        put(ledger.quarantine, beside)
        say(f"what failed: {shown_url(beside)}")
        return
    system, old = _system(beside)
    try:
        if system.exists(old):
            system.rm(old)
    except Exception as error:
        raise CaibianError(
            f"{shown_url(beside)} of an earlier run could not be taken away ({_reason(error)}): run the same command again"
        ) from None


def _quarantine(ledger: Ledger, url: str) -> str:
    bare, mark, query = url.partition("?")
    return bare.rstrip("/").rpartition("/")[0] + "/" + ledger.quarantine.name + mark + query


def put(path: Path, url: str) -> None:
    """Put a finished file or folder in its place: whole under another name first, then by the store's own renaming."""
    system, target = _system(url)
    part = target + ".part"
    try:
        system.makedirs(target.rpartition("/")[0], exist_ok=True)
        if system.exists(part):  # of a try that failed: a folder would be put into it
            system.rm(part, recursive=True)
        system.put(str(path), part, recursive=path.is_dir())
        if system.exists(target):
            system.rm(target, recursive=True)
        system.mv(part, target, recursive=path.is_dir())
    except Exception as error:
        raise CaibianError(
            f"{shown_url(url)} could not be written ({_reason(error)}): the records are kept, run the same command again"
        ) from None


def shown_url(url: str) -> str:
    """The URL without user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _system(url: str) -> tuple[Any, str]:
    """The store of a URL and the name in it. S3 comes with pyarrow, all else with fsspec and its packages."""
    from fsspec.core import url_to_fs
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow.fs import FileSystem

    scheme = urlsplit(url).scheme
    try:
        if scheme == "s3":
            bare, _, query = url.partition("?")  # a pattern's `?` would begin a query: S3 has `*` and `[…]`
            bucket, _, path = bare.removeprefix("s3://").partition("/")
            system, _ = FileSystem.from_uri(f"s3://{bucket}" + (f"?{query}" if query else ""))
            return ArrowFSWrapper(system), f"{bucket.rpartition('@')[2]}/{path}".rstrip("/")
        system, path = url_to_fs(url)
    except ImportError as error:
        raise BadInput(f"{scheme}:// needs a package that is not installed: {error}") from None
    except ValueError as error:
        raise BadInput(f"{shown_url(url)} cannot be read: {error}") from None
    except Exception as error:
        raise BadInput(f"{shown_url(url)} cannot be reached: {_reason(error)}") from None
    return system, str(path)


def _on_the_web(url: str) -> Remote:
    import httpx

    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=30) as answer:
            answer.raise_for_status()
            stamp = [answer.headers.get(name) for name in ("etag", "last-modified", "content-length")]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise BadInput(f"{shown_url(url)} cannot be fetched: {_reason(error)}") from None
    return Remote(url, shown_url(url), str(stamp))


def _fetch(remote: Remote, path: Path) -> None:
    if not remote.path:
        import httpx

        with httpx.stream("GET", remote.url, follow_redirects=True, timeout=60) as answer, path.open("wb") as file:
            answer.raise_for_status()
            for block in answer.iter_bytes():
                file.write(block)
        return
    system, _ = _system(remote.url)
    system.get_file(remote.path, str(path))


def _name(url: str, path: str) -> str:
    """The URL of a path in a store, without user and password. Some stores' paths begin with the bucket, some after the host."""
    scheme, host = urlsplit(url).scheme, urlsplit(url).netloc.rpartition("@")[2]
    if path.startswith("/") and not glob.has_magic(host) and path.split("/")[1] != host:
        return f"{scheme}://{host}{path}"
    return f"{scheme}://{path}"


def _stamp(info: dict[str, Any]) -> str:
    known = ("size", "ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "created")
    return str([str(info[name]) for name in known if info.get(name) is not None])


def _reason(error: Exception) -> str:
    from httpx import HTTPStatusError

    if isinstance(error, HTTPStatusError):  # its own text holds the URL, signature and all
        return f"HTTP {error.response.status_code}"
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}".rstrip(": ")
