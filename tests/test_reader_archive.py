"""A whole archive of mixed files, 3% of them broken in ten ways: every good one is read, every bad one named, and the
memory of the reading process stays flat.
"""

from __future__ import annotations

import functools
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.figures import Figure
from tests.press import FONTS, STOCK, Press
from tests.written import WRITERS, Piece, write_docx, write_jsonl, write_nitf, write_txt

ROOT = Path(__file__).parents[1]
FLAT_MIB = 48
"""What the peak may grow by after the first tenth: room for the allocator, not for 9,000 files."""
READ = """
import json, sys
from models.readers import Record, read_file, walk
from pathlib import Path

def memory():
    text = Path("/proc/self/status").read_text()
    return {key: int(text.split(key + ":")[1].split()[0]) / 1024 for key in ("VmHWM", "VmRSS")}

files = list(walk(Path(sys.argv[1])))
first = None
for n, file in enumerate(files):
    if n == max(len(files) // 10, 60):
        first = memory()
    for read in read_file(file):
        if isinstance(read, Record):
            ink = "".join((read.article.headline + read.article.body).split())
            print(json.dumps([read.file, ink, None]))
        else:
            print(json.dumps([read.file, None, read.reason]))
print(json.dumps([first["VmHWM"], memory()["VmHWM"], memory()["VmRSS"]]))
"""


def piece(rng: random.Random) -> Piece:
    """An invented article of up to 4,000 characters."""
    text = ["".join(rng.choices(STOCK, k=rng.randint(30, 400))) + "。" for _ in range(rng.randint(1, 10))]
    return Piece("青禾" + "".join(rng.choices(STOCK, k=12)), tuple(text))


@functools.cache
def locked_pdf() -> bytes:
    press = Press(300, 300)
    press.canvas.setEncrypt("secret")
    press.end_page()
    return press.done()


def locked_zip(good: Piece) -> bytes:
    data = bytearray(WRITERS[".zip"](good))
    data[6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def stray_byte(good: Piece) -> bytes:
    data = write_txt(good)
    return data[:30] + b"\xff" + data[30:]


def laughs(good: Piece) -> bytes:
    doctype = '<!DOCTYPE nitf [<!ENTITY a "哈哈"><!ENTITY b "&a;&a;&a;">]>'
    return write_nitf(good).decode().replace('<!DOCTYPE nitf SYSTEM "nitf-3-4.dtd">', doctype).encode()


BREAKS: dict[str, tuple[str, Callable[[Piece], bytes]]] = {
    "a byte that is no UTF-8": (".txt", stray_byte),
    "an empty file": (".md", lambda _: b""),
    "a row cut off": (".jsonl", lambda good: write_jsonl(good)[:-20]),
    "entities": (".xml", laughs),
    "cut Word": (".docx", lambda good: write_docx(good)[:5000]),
    "a Word file called .pdf": (".pdf", write_docx),
    "an encrypted zip": (".zip", locked_zip),
    "cut tar.gz": (".tar.gz", lambda good: WRITERS[".tar.gz"](good)[:-30]),
    "a page without text": (".html", lambda _: b"<html><body><script>load()</script></body></html>"),
    "an encrypted PDF, or one cut": (".pdf", lambda _: locked_pdf() if FONTS[0].exists() else b"%PDF-1.7\n1 0 obj"),
}


def make(folder: Path, count: int) -> dict[str, str | None]:
    """Write the archive; each file's characters, or None for a broken one."""
    rng = random.Random(5)
    kinds = [s for s in sorted(WRITERS) if s != ".pdf" or FONTS[0].exists()]
    breaks = [how for n in range(round(count * 0.03)) for how in [list(BREAKS)[n % len(BREAKS)]]]
    broken = dict(zip(rng.sample(range(count), len(breaks)), breaks, strict=True))
    gold: dict[str, str | None] = {}
    pdfs: list[tuple[bytes, str]] = []
    for n in range(count):
        good = piece(rng)
        if n in broken:
            suffix, write = BREAKS[broken[n]]
            data, ink = write(good), None
        else:
            suffix = kinds[n % len(kinds)]
            if suffix == ".pdf" and len(pdfs) >= 60:  # setting one takes a quarter of a second
                data, ink = pdfs[n % 60]
            else:
                data, ink = WRITERS[suffix](good), good.ink
                pdfs += [(data, good.ink)] if suffix == ".pdf" else []
        place = folder / f"{n // 500:02}" / f"{n:05}{suffix}"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data)
        gold[str(place)] = ink
    return gold


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.long)])
def test_an_archive_is_read_whole_and_its_broken_files_are_named(tmp_path: Path, count: int, figure: Figure) -> None:
    gold = make(tmp_path, count)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", READ, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seconds = time.monotonic() - started
    *reads, (early, peak, rss) = map(json.loads, done.stdout.splitlines())
    texts: dict[str, list[str]] = {}
    named: dict[str, list[str]] = {}
    for name, ink, reason in reads:
        (texts if reason is None else named).setdefault(name.partition("!/")[0], []).append(ink or reason)
    bad = {name for name, ink in gold.items() if ink is None}
    assert set(named) == bad
    # A tar.gz cut in its last bytes gives what stands before the cut, and is named all the same.
    assert {name: text for name, text in texts.items() if name not in bad} == {
        name: [ink] for name, ink in gold.items() if ink is not None
    }
    figure(
        f"readers: {count} mixed files",
        {
            "broken": len(bad), "seconds": round(seconds, 1), "peak_mib_after_a_tenth": round(early),
            "peak_mib": round(peak), "rss_mib_then": round(rss),
        },
    )  # fmt: skip
    assert peak - early < FLAT_MIB


def test_the_broken_kinds_are_ten() -> None:
    assert len(BREAKS) == 10
