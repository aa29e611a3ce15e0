"""Scalars of protobuf text format: from the token to the value and back, so that both ways agree."""

from __future__ import annotations

import math
import re

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'')
_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\'\"?])|([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))"
)
_PLAIN = dict(zip("abfnrtv\\'\"?", "\a\b\f\n\r\t\v\\'\"?", strict=True))
_INTEGER = re.compile(r"-?\s*(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)", re.ASCII)
_NUMBER = re.compile(r"-?\s*(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?|(?i:inf|infinity|nan)f?)", re.ASCII)
_BOOLEANS = {"true": True, "True": True, "t": True, "1": True, "false": False, "False": False, "f": False, "0": False}
_WRITTEN = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def is_text(token: str) -> bool:
    """Whether the token is a string in quotes."""
    return token[0] in "\"'"


def read_text(token: str) -> str:
    """The text of one string in quotes or several side by side. Raises ValueError saying what it must be."""
    if not is_text(token):
        raise ValueError(f"must be a text in quotes, not {token}")
    if "\\" not in token and token.count(token[0]) == 2 and token[-1] == token[0]:
        return token[1:-1]
    data = b"".join(_bytes(double or single) for double, single in _STRING.findall(token))
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError("must be UTF-8 text") from None


def _bytes(body: str) -> bytes:
    """Escapes stand for bytes, as in C; `\\u` and `\\U` for characters."""
    parts, end = [], 0
    for match in _ESCAPE.finditer(body):
        parts += [body[end : match.start()].encode(), _escaped(match)]
        end = match.end()
    return b"".join((*parts, body[end:].encode()))


def _escaped(match: re.Match[str]) -> bytes:
    plain, octal, hexadecimal, short, long, wrong = match.groups()
    if plain:
        return _PLAIN[plain].encode()
    if octal or hexadecimal:
        return bytes([int(octal, 8) & 255 if octal else int(hexadecimal, 16)])
    code = int(short or long or "110000", 16)
    if wrong is not None or code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise ValueError(f"must not hold {match.group()}, which stands for nothing")
    return chr(code).encode()


def read_int(token: str) -> int:
    """Decimal, hexadecimal (0x1f) or octal (017). Raises ValueError."""
    if not _INTEGER.fullmatch(token):
        raise ValueError(f"must be a whole number, not {token}")
    digits = token.lstrip("- \t\r\n")
    octal = len(digits) > 1 and digits[0] == "0" and digits[1] not in "xX"
    if len(digits) > 4000:
        raise ValueError("must be a whole number of fewer digits")
    value = int(digits, 8 if octal else 0)
    return -value if token[0] == "-" else value


def read_float(token: str) -> float:
    """Any number, with or without `f` behind it; inf and nan too. Raises ValueError."""
    if _INTEGER.fullmatch(token):
        return float(read_int(token)) if token != "-0" else -0.0
    if not _NUMBER.fullmatch(token):
        raise ValueError(f"must be a number, not {token}")
    number = token.replace(" ", "").lower()
    return float(number if number.endswith("inf") else number.removesuffix("f"))


def read_bool(token: str) -> bool:
    """true or false in one of the spellings of protobuf. Raises ValueError."""
    value = _BOOLEANS.get(token)
    if value is None:
        raise ValueError(f"must be true or false, not {token}")
    return value


def read_word(token: str) -> str:
    """A bare word. Raises ValueError."""
    if is_text(token):
        raise ValueError(f"must be a word without quotes, not {token}")
    return token


def write_text(text: str) -> str:
    """In double quotes; what cannot be seen as escaped bytes."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_WRITTEN.get(mark) or _visible(mark) for mark in text) + '"'


def _visible(mark: str) -> str:
    return mark if mark.isprintable() else "".join(f"\\{byte:03o}" for byte in mark.encode(errors="surrogatepass"))


def write_float(value: float) -> str:
    """The shortest digits that read back the same; whole numbers without a point."""
    text = repr(value)
    return text[:-2] if text.endswith(".0") and (value or math.copysign(1, value) > 0) else text


def write_bool(value: bool) -> str:
    return "true" if value else "false"
