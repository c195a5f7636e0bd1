"""PDF pages set in columns, with boxes and headlines across columns, come out in reading order."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from models.pdf_columns import Frame, Glyph, read_order
from models.readers import BadRecord, Record, read_articles
from tests.press import PITCH, SIZE, Press, needs_font, paragraphs

MARGIN, WIDTH, GUT = 40.0, 920.0, 16.0


def read(data: bytes, tmp_path: Path) -> list[str]:
    """The paragraphs of a PDF with one page, headline first."""
    file = tmp_path / "page.pdf"
    file.write_bytes(data)
    (record,) = read_articles(file)
    assert isinstance(record, Record), record
    return [part for part in [record.article.headline, *record.article.body.split("\n")] if part]


def grid(columns: int, top: float, bottom: float) -> list[tuple[float, float, float, float]]:
    """Columns of equal width, whole characters wide."""
    width = (WIDTH - GUT * (columns - 1)) / columns
    width -= width % SIZE
    return [(MARGIN + n * (width + GUT), top, width, bottom) for n in range(columns)]


def split_areas(
    areas: list[tuple[float, float, float, float]], cut: list[int], top: float, bottom: float
) -> list[tuple[float, float, float, float]]:
    """The areas with a hole from top to bottom in some of them; each part keeps its column's place in the flow."""
    out = []
    for n, (x, start, width, end) in enumerate(areas):
        out += [(x, start, width, top), (x, bottom, width, end)] if n in cut else [(x, start, width, end)]
    return out


@pytest.mark.cjkfont
@needs_font
@pytest.mark.parametrize("columns", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_columns_under_a_headline_are_read_one_after_another(tmp_path: Path, columns: int, seed: int | None) -> None:
    press = Press()
    press.line(MARGIN, 70, "青禾县总工会为户外劳动者送清凉", 36)
    text = press.fill(grid(columns, 100, 100 + PITCH * 40), columns)
    press.end_page(seed)
    assert read(press.done(), tmp_path) == ["青禾县总工会为户外劳动者送清凉", *text]


@pytest.mark.cjkfont
@needs_font
@pytest.mark.parametrize("columns", [3, 5])
# A box in one column without a frame looks like the column itself: finding it is the page splitter's part.
@pytest.mark.parametrize(("wide", "framed"), [(1, True), (2, True), (2, False)])
def test_text_flows_around_a_box(tmp_path: Path, columns: int, wide: int, framed: bool) -> None:
    press = Press()
    press.line(MARGIN, 70, "青禾县总工会为户外劳动者送清凉", 36)
    areas = grid(columns, 100, 100 + PITCH * 30)
    hole = (100 + PITCH * 8, 100 + PITCH * 15)
    text = press.fill(split_areas(areas, list(range(1, 1 + wide)), *hole), 40 + columns)
    x, _, width, _ = areas[1]
    across = width * wide + GUT * (wide - 1)
    if framed:
        press.frame(x, hole[0] + 4, across, hole[1] - hole[0] - 8)
    box = "阅读提示：" + "把关爱落到每一个班组" * (3 * wide)
    per = int(across // SIZE) - 2
    for n in range(0, len(box), per):
        press.line(x + SIZE, hole[0] + 2 * PITCH + n // per * PITCH, box[n : n + per])
    press.end_page(3)
    found = read(press.done(), tmp_path)
    assert [part for part in found if part != box] == ["青禾县总工会为户外劳动者送清凉", *text]
    assert box in found


@pytest.mark.cjkfont
@needs_font
def test_articles_side_by_side_and_one_below_keep_apart(tmp_path: Path) -> None:
    press = Press()
    columns = grid(5, 130, 130 + PITCH * 20)
    press.line(columns[0][0], 100, "河滨大桥工地来了绿豆汤", 24)
    press.line(columns[2][0], 100, "技能大赛第三次开赛了", 24)
    texts = [press.fill(columns[:2], 61), press.fill(columns[2:], 62)]
    # The lower two: a headline over two of three columns, and one across two of five.
    lower = grid(5, 0, 0)
    top = 130 + PITCH * 20 + 70
    press.line(lower[0][0], top - 20, "职工书屋办到车间", 24)
    press.line(lower[3][0], top - 20, "体检车开进山村", 24)
    area = [(x, top, width, top + PITCH * 22) for x, _, width, _ in lower]
    texts += [press.fill(area[:3], 63), press.fill(area[3:], 64)]
    press.end_page(5)
    heads = ["河滨大桥工地来了绿豆汤", "技能大赛第三次开赛了", "职工书屋办到车间", "体检车开进山村"]
    expected = [part for head, text in zip(heads, texts, strict=True) for part in (head, *text)]
    assert read(press.done(), tmp_path) == expected


@pytest.mark.cjkfont
@needs_font
def test_a_headline_over_some_columns_of_its_article(tmp_path: Path) -> None:
    press = Press()
    columns = grid(3, 100, 100 + PITCH * 12)
    press.line(MARGIN, 70, "上面的一篇横跨三栏", 30)
    above = press.fill(columns, 71)
    top = 100 + PITCH * 12 + 40
    press.line(MARGIN, top + 20, "下面的一篇只跨两栏", 24)
    areas = [
        (x, top + (0 if n == 2 else 40), width, top + 40 + PITCH * 20) for n, (x, _, width, _) in enumerate(columns)
    ]
    text = press.fill(areas, 72)
    press.end_page(7)
    assert read(press.done(), tmp_path) == ["上面的一篇横跨三栏", *above, "下面的一篇只跨两栏", *text]


@pytest.mark.cjkfont
@needs_font
def test_pages_of_a_pdf_are_split_one_by_one_and_a_picture_page_is_named(tmp_path: Path) -> None:
    press = Press(500, 700)
    press.line(40, 60, "第一版的标题在这里", 24)
    press.flow(paragraphs(3, 81), [(40, 90, 400, 600)])
    press.end_page()
    press.canvas.drawImage(_picture(tmp_path), 50, 50, 300, 300)
    press.end_page()
    press.line(40, 60, "第三版的标题在这里", 24)
    press.flow(paragraphs(3, 82), [(40, 90, 400, 600)])
    press.end_page()
    file = tmp_path / "paper.pdf"
    file.write_bytes(press.done())
    reads = list(read_articles(file, pages=True))
    assert [(r.line, r.article.id, r.article.headline) for r in reads if isinstance(r, Record)] == [
        (1, f"{file}#1", "第一版的标题在这里"),
        (3, f"{file}#2", "第三版的标题在这里"),
    ]
    (bad,) = [r for r in reads if isinstance(r, BadRecord)]
    assert bad.line == 2
    assert "text layer" in bad.reason
    whole = [r for r in read_articles(file) if isinstance(r, Record)]
    assert [r.article.headline for r in whole] == ["第一版的标题在这里"]
    assert "第三版的标题在这里" in whole[0].article.body


def _picture(tmp_path: Path) -> str:
    from PIL import Image

    Image.new("RGB", (30, 30), "gray").save(tmp_path / "gray.png")
    return str(tmp_path / "gray.png")


def test_no_arrangement_of_glyphs_is_lost_or_slow() -> None:
    import random

    rng = random.Random(4)
    glyphs = [
        Glyph(chr(0x4E00 + n), x := rng.uniform(0, 900), x + 9, rng.uniform(0, 1300), rng.choice([9, 9, 9, 24]))
        for n in range(3000)
    ]
    frames = [Frame(x := rng.uniform(0, 800), y := rng.uniform(0, 1200), x + 150, y + 90) for _ in range(60)]
    started = time.process_time()
    found = "".join(paragraph.text for paragraph in read_order(glyphs, frames))
    assert time.process_time() - started < 20
    want, got = (sorted(c for c in text if not c.isspace()) for text in ("".join(g.text for g in glyphs), found))
    assert got == want
