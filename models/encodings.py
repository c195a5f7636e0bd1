"""From bytes to text, strictly: BOM, UTF-8, UTF-16, GB18030, Big5; never a replacement character.

Chinese archives mix encodings and seldom say which. Two legacy encodings often both accept the same bytes, and turn
one into rare characters; so what decodes must also read like Chinese, by the share of its commonest characters. When
nothing reads well the answer is an error with the byte, not a guess. It knows nothing of files or formats.
"""

from __future__ import annotations

import codecs
import functools
import re

from models.errors import BadEncoding

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its BOM begins with that of UTF-16-LE
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
LEGACY = ("gb18030", "big5hkscs", "utf-16-le", "utf-16-be")
SAMPLE = 64 * 1024
"""Bytes that are enough to tell encodings apart."""

# The commonest characters of newspaper Chinese in both scripts: about a third of any running text.
COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家"
    "种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民"
    "第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话"
    "合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神"
    "总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则"
    "這個們來為國說時會對於過發後裡經麼學現當沒動還進樣開從實無與長機業將兩間問應戰頭體見產話回給門東聲員論處義幾認條氣題爾"
    "別變總電數報結場計資許統區隊決馬書則聞記縣鄉黨務職醫護賽項設"
)
MARKS = frozenset("，。、；：？！“”‘’（）《》〈〉—…·「」『』【】　０１２３４５６７８９")
OTHERS = re.compile("utf-8|iso8859-.+|cp125.|koi8-.|shift_jis|cp932|euc_..|cp949")
"""Codecs that are the encoding of some text file; Python's list also holds compressors and worse."""
# How UTF-8 writes what lies beyond ASCII and Latin-1: the shape that legacy text rarely has.
UTF8_SHAPE = re.compile(rb"[\xc4-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def decode(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """The text without BOM, and the name of its encoding; raises BadEncoding that names the byte.

    `declared` is what the file says of itself, and often wrong: the bytes have to agree.
    """
    for bom, name in BOMS:
        if data.startswith(bom):
            if name == "utf-32":
                raise BadEncoding("the file is UTF-32, which is not read: save it as UTF-8")
            return _strict(data[len(bom) :], name, len(bom)), name
    name = choose(data, declared)
    return _strict(data, name, 0), name


def choose(data: bytes, declared: str | None) -> str:
    """The declared encoding unless the bytes speak against it; without one, the guess."""
    name = known(declared) if declared else None
    if name is None:
        return guess(data)
    try:
        found = guess(data)
    except BadEncoding:
        return name  # a place that it cannot be is named by its byte
    if found == name or not _decodes(data, name):
        return found
    if found == "utf-8":  # its Han characters take three bytes each, and no other encoding makes them by chance
        return found if data.isascii() or max(data.decode("utf-8", "ignore")) > "\u2e7f" else name
    return name if readable(data[:SAMPLE], name) > 0 else found


def known(declared: str) -> str | None:
    """Our name of a charset as pages declare it; None for one that no text file can have, or nobody knows."""
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        return None
    if name in ("gb2312", "gbk", "gb18030"):
        return "gb18030"  # what is declared GB2312 is full of characters beyond it
    if name in ("big5", "big5hkscs", "cp950"):
        return "big5hkscs"
    if name in ("iso8859-1", "ascii"):
        return "cp1252"  # as browsers read them
    return name if OTHERS.fullmatch(name) else None


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def guess(data: bytes, offset: int = 0) -> str:
    """The encoding of bytes without BOM; raises BadEncoding when they read well in none. `offset`: where they begin in the file."""
    bad: UnicodeDecodeError | None = None
    try:
        if "\0" not in data.decode("utf-8"):
            return "utf-8"
    except UnicodeDecodeError as error:
        bad = error
    sample = data[:SAMPLE]
    beyond_ascii = sum(byte > 0x7F for byte in sample)
    in_shape = sum(len(found) for found in UTF8_SHAPE.findall(sample))
    # Mostly UTF-8 with a broken byte: read as GB18030 it would be garbage without an error.
    if bad and beyond_ascii and in_shape / beyond_ascii > 0.7:
        return "utf-8"
    best = max(LEGACY, key=lambda name: readable(sample, name))
    if readable(sample, best) > 0:
        return best
    byte = offset + (bad.start if bad else data.find(0))
    where = f"byte {byte} is no UTF-8" if bad else f"byte {byte} is NUL"
    raise BadEncoding(
        f"{where}, and the bytes read as Chinese in none of UTF-16, GB18030 and Big5: save the file as UTF-8",
        byte=byte,
    )


def readable(sample: bytes, name: str) -> float:
    """How far the sample reads like Chinese in this encoding: over 0 is yes."""
    if name.startswith("utf-16") and len(sample) % 2:
        sample = sample[:-1]
    # The sample may end inside a character; a broken byte further on is reported when the whole is decoded.
    text = codecs.getincrementaldecoder(name)("ignore").decode(sample)
    beyond = [char for char in text if char > "\x7f"]
    if not beyond or any(char < "\x20" and char not in "\t\n\r\f\v\x1a" for char in text):
        return -1.0
    han = [char for char in beyond if "\u4e00" <= char <= "\u9fff"]
    common = sum(char in COMMON for char in beyond)
    usual = sum(char in frequent() or char in MARKS for char in beyond)
    strange = sum(not ("\u4e00" <= char <= "\u9fff" or char in MARKS or char in frequent()) for char in beyond)
    if not han:
        return -1.0
    # Running Chinese has over 0.25 common and 0.95 usual characters; a short headline may have few common ones, so the
    # demand grows with length. The wrong encoding has under 0.05 and 0.6.
    demand = 0.12 * min(1.0, len(beyond) / 60)
    share = common / len(beyond)
    if share < demand or usual / len(beyond) < 0.75 or strange / len(beyond) > 0.2:
        return -1.0
    return share + usual / len(beyond) - strange / len(beyond)


@functools.cache
def frequent() -> frozenset[str]:
    """The characters of everyday writing: the first levels of GB 2312 and of Big5."""
    simplified = (bytes((lead, trail)) for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF))
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    traditional = (bytes((lead, trail)) for lead in range(0xA4, 0xC7) for trail in trails)
    return frozenset(
        "".join(pair.decode("gb2312", "ignore") for pair in simplified)
        + "".join(pair.decode("big5", "ignore") for pair in traditional)
    )


def _strict(data: bytes, name: str, offset: int) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        shown = data[error.start : error.start + 1].hex()
        raise BadEncoding(
            f"byte {error.start + offset} (0x{shown}) cannot be {name.upper()}, which the rest of the text is: "
            "mend that place or save the file again as UTF-8",
            byte=error.start + offset,
        ) from None
