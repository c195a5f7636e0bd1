"""The commands of whoever looks after the store: migrate, purge, backup, restore, keys, corrections.

It owns what they print: stdout gets data only (a new key, a list), stderr sentences. What they do is in service/store/.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from models.errors import BadInput, CaibianError, of_disk
from service.cli import say
from service.settings import Settings, read_settings, unknown_settings
from service.storage import Storage, database_url
from service.tokens import new_token, read_expiry, read_rate

MAX_NAME = 128


def run(arguments: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    commands: dict[str, Callable[[argparse.Namespace, Settings, Storage], int]] = {
        "migrate": migrate,
        "purge": purge,
        "backup": backup,
        "restore": restore,
        "keys": keys,
        "corrections": corrections,
    }
    storage = None
    try:
        for sentence in unknown_settings(os.environ):
            say(f"warning: {sentence}")
        settings = read_settings()
        storage = Storage(settings)
        return commands[arguments.command](arguments, settings, storage)
    except BadInput as error:
        say(f"error: {error.message}")
        return 2
    except CaibianError as error:
        say(f"error: {error.message}")
    except OSError as error:
        say(f"error: {of_disk(error)}")
    finally:
        if storage is not None:
            storage.close()
    return 1


def migrate(_: argparse.Namespace, settings: Settings, __: Storage) -> int:
    """Bring the schema up to this version's."""
    from service.store.database import HEAD, make_engine, refuse_newer, schema_version
    from service.store.migrate import upgrade

    engine = make_engine(database_url(settings))
    try:
        before = schema_version(engine)
        refuse_newer(before)
        upgrade(engine)
    finally:
        engine.dispose()
    say(f"the database has schema {HEAD}" + (", as before" if before == HEAD else f" (it had {before or 'none'})"))
    return 0


def purge(_: argparse.Namespace, settings: Settings, storage: Storage) -> int:
    """Delete what is past its retention."""
    from service.store.upkeep import purge as purge_store

    if not settings.retention_days and not settings.correction_retention_days:
        say("nothing has a retention: set CAIBIAN_RETENTION_DAYS or CAIBIAN_CORRECTION_RETENTION_DAYS")
    gone = purge_store(storage.open(), settings.retention_days, settings.correction_retention_days)
    say(f"deleted: {gone.articles:,} articles, {gone.jobs:,} jobs, {gone.corrections:,} corrections")
    return 0


def backup(arguments: argparse.Namespace, _: Settings, storage: Storage) -> int:
    """Write everything into one file."""
    from service.store.backup import backup as write

    file = _output(arguments.file)
    say(f"{write(storage.open(), file):,} rows in {file}")
    return 0


def restore(arguments: argparse.Namespace, _: Settings, storage: Storage) -> int:
    """Replace everything by a backup."""
    from service.store.backup import restore as read

    file = Path(arguments.file)
    if not file.is_file():
        raise BadInput(f"{file} is no file: give one that `backup` wrote")
    say(f"{read(storage.open(), file):,} rows from {file}")
    return 0


def keys(arguments: argparse.Namespace, _: Settings, storage: Storage) -> int:
    """Make, list or revoke keys."""
    return {"create": create_key, "list": list_keys, "revoke": revoke_key}[arguments.action](arguments, storage)


def create_key(arguments: argparse.Namespace, storage: Storage) -> int:
    """Make a key and show it, this once."""
    from service.store import keys as kept

    name = arguments.name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise BadInput(f"--name wants 1 to {MAX_NAME} printable characters")
    token, key_id, digest = new_token()
    now = datetime.now(UTC)
    key = kept.Key(
        id=key_id,
        name=name,
        digest=digest,
        scope=arguments.scope,
        rate=read_rate(arguments.rate) if arguments.rate else None,
        quota=arguments.quota,
        created=now,
        expires=read_expiry(arguments.expires, now) if arguments.expires else None,
        revoked=None,
        last_used=None,
    )
    storage.write_now(kept.create, key)
    say(f"key {key_id} for {name}, scope {key.scope}. It is shown this once; send it as `Authorization: Bearer KEY`:")
    print(token, flush=True)
    if key.expires and key.expires <= now:
        say(f"warning: it expired on {key.expires:%Y-%m-%d %H:%M} UTC already")
    return 0


def list_keys(arguments: argparse.Namespace, storage: Storage) -> int:
    """The keys without their secrets."""
    from service.store import keys as kept

    found = []
    if storage.used:
        with storage.open().read() as connection:
            found = kept.every(connection)
    now = datetime.now(UTC)
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "scope": key.scope,
            "state": "revoked" if key.revoked else "valid" if key.valid(now) else "expired",
            "rate": f"{key.rate[0]} in {key.rate[1]} s" if key.rate else None,
            "quota": key.quota,
            "today": key.used_today,
            "created": _time(key.created),
            "expires": _time(key.expires),
            "last_used": _time(key.last_used),
        }
        for key in found
    ]
    if arguments.json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return 0
    if not rows:
        say("there are no keys: the service answers on loopback only. Make one with `keys create`.")
        return 0
    lines = [list(rows[0])] + [["-" if v is None else str(v) for v in row.values()] for row in rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return 0


def revoke_key(arguments: argparse.Namespace, storage: Storage) -> int:
    """Revoke a key by id or name."""
    from service.store import keys as kept

    revoked = storage.write_now(kept.revoke, arguments.key) if storage.used else []
    if not revoked:
        raise BadInput(f"no valid key has the id or name {arguments.key!r}: see `keys list`")
    for key in revoked:
        say(f"revoked: key {key.id} of {key.name}")
    return 0


def corrections(arguments: argparse.Namespace, _: Settings, storage: Storage) -> int:
    """Write corrections as training data."""
    from service.store import corrections as kept

    out = _output(arguments.output)
    part = out.with_name(out.name + ".partial")
    written = held = 0
    tasks: tuple[kept.CorrectionTask, ...] = (arguments.task,) if arguments.task else kept.TASKS
    with storage.open().read() as connection, part.open("w", encoding="utf-8") as file:
        for row in kept.export(connection, tasks):
            if row is None:
                held += 1
                continue
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            written += 1
    part.replace(out)
    say(f"{written:,} corrections in {out}" + (f"; {held:,} held back by an embargo" if held else ""))
    return 0


def _output(name: str) -> Path:
    """Where a file is to be written; raises BadInput."""
    file = Path(name)
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise BadInput(f"{file} cannot be written: its folder is missing, or it is a folder itself")
    return file


def _time(when: datetime | None) -> str | None:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else None
