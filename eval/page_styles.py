"""The shape of a house style of made newspaper pages.

A style says where byline, kicker, deck and boxes stand, what they look like, which gaps and indents the dump has, and
how often each hazard of PAGES.md happens. The styles themselves are in page_styles_*.py; those to build on are listed in
page_styles_first.py and page_styles_more.py, nothing here knows them. How one is carried out is eval/page_copy.py and
eval/page_layout.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from eval.page_phrases import Lines, Phrases

Part = Literal["byline", "kicker", "headline", "subhead"]
Spot = Literal["sentence", "between", "top", "end"]

# How often a hazard happens where it can; a style overrides what its house does otherwise.
RATES: Mapping[str, float] = {
    "kicker": 0.35,
    "headline_two_halves": 0.2,
    "headline_quoted": 0.04,
    "headline_tag": 0.08,
    "headline_broken": 0.08,
    "headline_repeats": 0.05,
    "subhead": 0.25,
    "byline": 0.6,
    "dateline": 0.35,
    "section_heads": 0.7,
    "caption": 0.15,
    "box": 0.3,
    "column_break": 0.15,
    "photo_story": 0.1,
    "feature": 0.06,
    "briefs": 0.05,
    "briefs_with_headlines": 0.04,
    "no_headline": 0.05,
    "jump_to": 0.04,
    "jump_from": 0.04,
    "tail": 0.15,
    "furniture_top": 0.9,
    "furniture_bottom": 0.85,
    "advert": 0.2,
    "spread_name": 0.0,
    "full_width_digits": 0.0,
    "traditional": 0.0,
    "crlf": 0.1,
}


@dataclass(frozen=True, slots=True)
class Style:
    """How a house sets its pages. Templates hold `{slots}` that eval/page_press.py fills."""

    name: str
    phrases: Phrases
    orders: tuple[tuple[Part, ...], ...]
    """Above the body, top to bottom; one is drawn for each article."""
    bylines: Lines
    datelines: Lines
    """What an opening paragraph begins with."""
    wire: Lines
    credits: Lines
    """After a caption or the text of a photo story."""
    credit_lines: Lines
    """The same on a line of its own."""
    box_forms: Lines
    """`label` is a line by itself, `titled` has a title on it, `inline` opens the first paragraph; decorations round it."""
    box_at: tuple[Spot, ...]
    caption_at: tuple[Spot, ...]
    tops: tuple[Lines, ...]
    bottoms: tuple[Lines, ...]
    jumps_to: Lines
    jumps_from: Lines
    rates: Mapping[str, float]
    kicker_form: Lines = ("{}",)
    tag_form: str = "{}（{}）"
    """Headline, tag."""
    head_form: Lines = ("{}",)
    """A section head."""
    bullets: Lines = ("●",)
    spread: str = " "
    """Inside a two-character name that is spread."""
    quotes: str = "“”‘’"
    indent: str = ""
    gap: str = "\n\n"
    """Between paragraphs."""
    head_gap: str = "\n\n"
    """Between the parts above the body."""
    between: str = "\n\n"
    """Between articles."""
    break_gap: str = "\n\n"
    """Where a column end or a box breaks a sentence."""

    # What follows is off unless a style says otherwise, and then draws no dice: older styles stay as they are.
    kicker_kinds: Lines = ("comma", "comma", "dash", "column", "column", "series")
    subhead_kinds: Lines = ("dash", "quoted", "plain")
    subhead_form: Lines = ("{}",)
    numbering: bool = False
    """`{cn}`, `{n}` in a section head count; without it they must not stand there."""
    signs: Lines = ()
    """Bylines on a line of their own below the last paragraph, at the rate of `byline_end`."""
    sign_indent: Lines = ("",)
    """White space that sets them flush right."""
    sign_offs: Lines = ()
    """Names at the end of the last paragraph, at the rate of `sign_off`."""
    deck_joins: Lines = ()
    """Between a deck and the byline on the same line, at the rate of `byline_in_deck`."""
    asks: tuple[tuple[str, str], ...] = ()
    """How an interview marks question and answer, at the rate of `interview`."""
    box_rules: Lines = ()
    """Lines of dashes above and below a box."""
    running_heads: tuple[Lines, ...] = ()
    """Furniture between two articles, at the rate of `running_head`."""
    rules: Lines = ()
    """A line of marks between every two articles, at the rate of `rule`."""
    script: Literal["s2t", "s2hk", "s2twp"] = "s2t"
    han_dates: bool = False
    """Years, months and days in Chinese numerals."""
    own_words: float = 0.0
    """Share of kickers, decks, section heads, captions and boxes that are cut out of the article's own text."""
    wrap: int = 0
    """Running text breaks off after so many characters, wherever that falls."""
    box_wrap: int = 0
    """The same for boxes and captions, where their column is another; 0 for that of the text."""
