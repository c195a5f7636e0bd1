"""A small printing press for the tests: invented text set in columns on a PDF page, with headlines and boxes."""

from __future__ import annotations

import io
import itertools
import random
from pathlib import Path

import pytest

FONTS = (
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
)
"""TrueType fonts of Debian with Han characters; Noto's are CFF, which reportlab cannot embed."""
STOCK = "青禾县总工会为户外劳动者送去清凉饮品和防暑药品高温时段将督促企业调整作息时间把关爱落到每一个班组"
SIZE, PITCH = 9.0, 13.0

needs_font = pytest.mark.skipif(
    not any(font.exists() for font in FONTS), reason="needs a TrueType CJK font: apt-get install fonts-wqy-zenhei"
)


def sentence(length: int, seed: int) -> str:
    """An invented paragraph of this length, with a full stop."""
    rng = random.Random(seed)
    text = [rng.choice(STOCK) for _ in range(length - 1)]
    for place in range(14, length - 4, 17):
        text[place] = "，"
    return "".join(text) + "。"


def paragraphs(count: int, seed: int = 0) -> list[str]:
    """Invented paragraphs of many lengths."""
    rng = random.Random(seed)
    return [sentence(rng.randint(30, 180), seed * 1000 + n) for n in range(count)]


class Press:
    """One PDF in the making: strings with their places, drawn in any order at the end of a page."""

    def __init__(self, width: float = 1000, height: float = 1400) -> None:
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont
        from reportlab.pdfgen.canvas import Canvas

        if "han" not in pdfmetrics.getRegisteredFontNames():
            font = next(font for font in FONTS if font.exists())
            pdfmetrics.registerFont(TTFont("han", str(font), subfontIndex=0))
        self.file = io.BytesIO()
        self.canvas = Canvas(self.file, pagesize=(width, height))
        self.height = height
        self.drawn: list[tuple[float, float, float, str]] = []

    def line(self, x: float, y: float, text: str, size: float = SIZE) -> None:
        """A line with its baseline at y, counted from the top."""
        self.drawn.append((x, y, size, text))

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """A drawn rectangle, counted from the top."""
        self.canvas.rect(x, self.height - y - height, width, height, stroke=1, fill=0)

    def flow(self, text: list[str], areas: list[tuple[float, float, float, float]]) -> list[str]:
        """Set paragraphs into areas (x, top, width, bottom), one after another; the lines that found no room."""
        lines: list[tuple[str, bool]] = []
        per = [int(area[2] // SIZE) for area in areas]
        if len(set(per)) != 1:
            raise ValueError("areas of one flow are equally wide")
        for paragraph in text:
            rest = paragraph
            first = True
            while rest:
                room = per[0] - 2 if first else per[0]
                lines.append((rest[:room], first))
                rest, first = rest[room:], False
        for x, top, _, bottom in areas:
            y = top + SIZE
            while y <= bottom and lines:
                piece, first = lines.pop(0)
                self.line(x + (2 * SIZE if first else 0), y, piece)
                y += PITCH
        return [piece for piece, _ in lines]

    def fill(self, areas: list[tuple[float, float, float, float]], seed: int) -> list[str]:
        """Set invented paragraphs into areas until the next one would not fit; what was set."""
        room = sum(int((bottom - top - SIZE) // PITCH) + 1 for _, top, _, bottom in areas)
        per, text = int(areas[0][2] // SIZE), []
        for n in itertools.count():
            paragraph = sentence(random.Random(seed + n).randint(30, 180), seed * 1000 + n)
            room -= -(-(len(paragraph) + 2) // per)
            if room < 0:
                break
            text.append(paragraph)
        if self.flow(text, areas):
            raise AssertionError("the text was measured to fit")
        return text

    def end_page(self, seed: int | None = None) -> None:
        """Draw what was set, in any order, and begin another page."""
        if seed is not None:
            random.Random(seed).shuffle(self.drawn)
        for x, y, size, text in self.drawn:
            self.canvas.setFont("han", size)
            self.canvas.drawString(x, self.height - y, text)
        self.drawn = []
        self.canvas.showPage()

    def done(self) -> bytes:
        """The file."""
        self.canvas.save()
        return self.file.getvalue()
