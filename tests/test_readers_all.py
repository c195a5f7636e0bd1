"""Over every format: an article comes back as it was written, and no bytes at all raise anything but our own errors."""

from __future__ import annotations

import functools
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.readers import FORMATS, BadRecord, Record, read_articles
from tests.press import STOCK, needs_font
from tests.written import EXACT, WRITERS, Piece

QUIET = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
ONCE = Piece("青禾县总工会送清凉", ("本报讯（记者林晓舟）7月12日，工会走进河滨大桥工地。", "高温时段将调整作息时间。"))
SUFFIXES = [
    pytest.param(suffix, marks=[pytest.mark.cjkfont, needs_font] if suffix == ".pdf" else [])
    for suffix in sorted(WRITERS)
]
LETTERS = STOCK + "0123456789" * 2 + "工會為戶勞動𠮷“”《》（）、：—%&<>'\" abcXYZ"


def pieces(letters: str) -> st.SearchStrategy[Piece]:
    """Invented articles: a headline without a full stop, and paragraphs that end with one."""
    text = st.text(letters, min_size=3, max_size=120).map(lambda t: "工" + " ".join(t.split()) + "会")
    head = st.text(letters, min_size=3, max_size=28).map(lambda t: "青" + " ".join(t.split()) + "禾")
    bodies = st.lists(text.map(lambda t: t + "。"), min_size=1, max_size=6)
    return st.builds(lambda h, b: Piece(h, tuple(b)), head, bodies)


def test_every_format_of_the_registry_is_written_here() -> None:
    assert set(WRITERS) == set(FORMATS)


@pytest.mark.parametrize("suffix", SUFFIXES)
@QUIET
@given(data=st.data())
def test_an_article_comes_back_as_it_was_written(suffix: str, data: st.DataObject, tmp_path: Path) -> None:
    piece = data.draw(pieces(STOCK + "，、：" if suffix == ".pdf" else LETTERS))
    file = tmp_path / f"a{suffix}"
    file.write_bytes(WRITERS[suffix](piece))
    (record,) = read_articles(file)
    assert isinstance(record, Record), record
    assert record.file.startswith(str(file))
    assert record.article.id
    if suffix in EXACT:
        assert (record.article.headline, record.article.body) == (piece.headline, piece.body)
    else:
        assert "".join((record.article.headline + record.article.body).split()) == piece.ink
        assert "".join(record.article.headline.split()) == "".join(piece.headline.split())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_text_goes_to_the_page_splitter(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"a{suffix}"
    file.write_bytes(WRITERS[suffix](ONCE))
    reads = list(read_articles(file, pages=True))
    assert all(isinstance(read, Record) for read in reads), reads
    ids = [read.article.id or "" for read in reads if isinstance(read, Record)]
    if suffix in (".txt", ".md", ".html", ".htm", ".xhtml", ".docx", ".pdf"):
        assert ids[0] == f"{file}#1"
    assert "河滨大桥工地" in "".join(read.article.body for read in reads if isinstance(read, Record))


@functools.cache
def written(suffix: str) -> bytes:
    """The whole file of a format."""
    return WRITERS[suffix](ONCE)


def broken(data: bytes, how: int, seed: int) -> bytes:
    """The bytes cut, with some changed, with a stretch doubled, or others altogether."""
    rng = random.Random(seed)
    place = rng.randrange(len(data))
    if how == 0:
        return data[:place]
    if how == 1:
        out = bytearray(data)
        for _ in range(rng.randint(1, 12)):
            out[rng.randrange(len(out))] = rng.randrange(256)
        return bytes(out)
    if how == 2:
        return data[:place] + data[place : place + rng.randint(1, 400)] + data[place:]
    return rng.randbytes(rng.randint(0, 600))


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(QUIET, max_examples=60)
@given(how=st.integers(0, 3), seed=st.integers(0, 2**32))
def test_broken_bytes_give_articles_or_named_errors(suffix: str, how: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"a{suffix}"
        file.write_bytes(broken(written(suffix), how, seed))
        for pages in (False, True):
            for read in read_articles(file, pages=pages):
                assert read.file.startswith(str(file))
                if isinstance(read, BadRecord):
                    assert read.reason
        assert [path.name for path in Path(folder).iterdir()] == [file.name]
