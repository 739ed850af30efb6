"""Bytes to text for the pure room `mime`: wrong, missing and hostile charset labels."""

import re

_ALIASES = {
    # What mailers call Latin-1 or ASCII is Windows' superset of it (WHATWG Encoding says the same).
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "",
    "ascii": "",
    "unknown-8bit": "",
    "8bit": "",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "x-euc-jp": "euc_jp",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-8-i": "iso-8859-8",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
}
# Codecs of Python that are no charsets of mail; punycode takes quadratic time.
_NO_CHARSETS = {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"}
_NAME = re.compile(r"[a-z0-9][a-z0-9._:+-]{0,39}")
_NEVER_STORED = re.compile("[\x00\ud800-\udfff]")
_ESCAPE = re.compile(rb"(\x1b\$[@B]|\x1b\$\([A-Z]|\x1b\([A-Z])")
_KANA = re.compile("[\u3041-\u30f6]")


def decoded(data: bytes, charset: str = "") -> str:
    """Text of `data`; the label is believed first, then UTF-8, then what the bytes look like."""
    declared = _codec(charset)
    for codec in (declared, "utf-8"):
        text = _strictly(data, codec)
        if text is not None:
            return without_nul(text)
    return without_nul(_nearly(data, declared or "utf-8") or _guessed(data))


def without_nul(text: str) -> str:
    """PostgreSQL stores neither NUL nor a lone surrogate."""
    return _NEVER_STORED.sub("", text)


def _codec(charset: str) -> str:
    label = charset.replace("\0", "").strip(" \t\"'").lower()
    found = _NAME.match(label)
    name = found[0] if found else ""
    name = _ALIASES.get(name, name)
    return "" if name.replace("-", "_") in _NO_CHARSETS else name


def _strictly(data: bytes, codec: str) -> str | None:
    if b"\x1b$" in data and codec in ("", "utf-8", "iso2022_jp_ext", "iso2022_jp"):
        return _iso_2022_jp(data)
    if not codec:
        return None
    try:
        return data.decode(codec)
    except (LookupError, ValueError, AttributeError):
        return None


def _iso_2022_jp(data: bytes) -> str:
    """Outlook writes Windows characters such as the circled 1 into ISO-2022-JP; Python refuses."""
    try:
        return data.decode("iso2022_jp_ext")
    except ValueError:
        pieces, shift = [], b""
    for piece in _ESCAPE.split(data):
        if piece.startswith(b"\x1b"):
            shift = piece
        else:
            pieces.append(_shifted(piece, shift))
    return "".join(pieces)


def _shifted(piece: bytes, shift: bytes) -> str:
    if shift.startswith(b"\x1b$"):
        pairs = zip(piece[::2], piece[1::2], strict=False)
        return b"".join(_shift_jis(high, low) for high, low in pairs).decode("cp932", "replace")
    if shift == b"\x1b(I":
        return bytes(byte | 0x80 for byte in piece).decode("cp932", "replace")
    return piece.decode("latin-1")


def _shift_jis(high: int, low: int) -> bytes:
    """JIS X 0208 row and cell to the bytes of Shift_JIS."""
    if not (0x21 <= high <= 0x7E and 0x21 <= low <= 0x7E):
        return b"?"
    lead = (high - 0x21 >> 1) + 0x81
    trail = low + (0x1F if low < 0x60 else 0x20) if high & 1 else low + 0x7E
    return bytes((lead if lead < 0xA0 else lead + 0x40, trail))


def _nearly(data: bytes, codec: str) -> str | None:
    """A text with one broken byte in it is still that text."""
    try:
        text = data.decode(codec, "replace")
    except (LookupError, ValueError, AttributeError):
        return None
    broken = text.count("\ufffd")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    return text if broken * 2 <= foreign else None


def _guessed(data: bytes) -> str:
    for codec in ("cp932", "euc_jp"):
        text = _strictly(data, codec)
        if text is not None and len(_KANA.findall(text)) > 1:
            return text
    return _strictly(data, "cp1252") or data.decode("latin-1")
