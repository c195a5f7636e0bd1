"""Token pieces as Chinese print sets them: pieces joined, punctuation full-width, Latin words as the source writes them.

Knows the marks of the tokenizer families (SentencePiece's space, WordPiece's ##, byte pieces), no model and no bundle.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

SPACE, GOES_ON = "\u2581", "##"
FULL_WIDTH = {",": "，", ":": "：", ";": "；", "!": "！", "?": "？", "(": "（", ")": "）"}
_BYTES = re.compile("(?:<0x[0-9A-F]{2}>)+")
_LATIN = re.compile("[A-Za-z]{2,}")


def joined(pieces: Sequence[str], *, words: bool) -> str:
    """The text of token pieces; `words`: of a WordPiece vocabulary, which marks what goes on instead of what begins."""
    if not words:
        return _BYTES.sub(lambda m: _decoded(m[0]), "".join(pieces)).replace(SPACE, " ")
    out = ""
    for piece in pieces:
        goes_on = piece.startswith(GOES_ON) and len(piece) > len(GOES_ON)
        piece = piece.removeprefix(GOES_ON) if goes_on else piece
        apart = (
            not goes_on and out[-1:].isascii() and out[-1:].isalpha() and piece[:1].isascii() and piece[:1].isalnum()
        )
        out += (" " if apart else "") + piece
    return out


def least_width(piece: str, *, words: bool) -> int:
    """How many characters of a text a token piece makes at the least: a space may go, a byte is a part of one."""
    if _BYTES.fullmatch(piece):
        return 0
    if words:
        piece = piece.removeprefix(GOES_ON)
    return len(piece.replace(SPACE, "").replace(" ", ""))


def in_the_sources_case(text: str, source: str) -> str:
    """Latin words that the source has in other letters only, as it writes them first: an uncased vocabulary says gdp."""
    if not _LATIN.search(text):
        return text
    known: dict[str, str] = {}
    for match in _LATIN.finditer(source):
        known.setdefault(match[0].lower(), match[0])
    return _LATIN.sub(lambda m: m[0] if m[0] in source else known.get(m[0].lower(), m[0]), text)


def in_the_sources_script(text: str, read: str, source: str) -> str:
    """A text written from `read`, the Simplified form of `source` of the same length, in the script of `source`.

    The longest pieces that `read` has are taken from `source`; what it has not stays as it is.
    """
    out, at = "", 0
    while at < len(text):
        end = at + 1
        while end <= len(text) and text[at:end] in read:
            end += 1
        size = end - 1 - at
        found = read.find(text[at : at + size]) if size else -1
        out += source[found : found + size] if found >= 0 else text[at]
        at += max(1, size)
    return out


def set_in_chinese(text: str) -> str:
    """Punctuation as Chinese print sets it: the tokenizer's NFKC makes it half-width.

    A mark between two Latin letters or digits (3:2, 1,000) stays; spaces stay only between two Han characters or words.
    """
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" ?([，。：；！？、（）《》“”]) ?", r"\1", text)
    out = []
    for i, c in enumerate(text):
        before, after = text[i - 1 : i], text[i + 1 : i + 2]
        inside = before.isascii() and before.isalnum() and after.isascii() and after.isalnum()
        out.append(c if inside else FULL_WIDTH.get(c, c))
    return re.sub(r" ?([，：；！？（）]) ?", r"\1", "".join(out))


def _decoded(run: str) -> str:
    """Characters that a vocabulary spells in bytes; bytes that are no character are left out."""
    return bytes(int(pair, 16) for pair in re.findall("<0x(..)>", run)).decode("utf-8", "ignore")
