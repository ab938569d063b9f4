"""The encodings of partners' files: the check of a line, and the guess of an encoding from bytes."""

import codecs
import re
from typing import Final

from ..domain.faults import ListFault
from ..domain.formats import SINGLE_BYTE, Difference
from ..domain.rows import Unreadable

_CODECS: Final = {"utf-8": "utf-8", "latin-1": "latin-1", "windows-1252": "cp1252"}
_UTF_16: Final = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_LINE_END: Final = re.compile("\r\n|\r|\n")
MARK: Final = "\ufeff"
_ESCAPED: Final = re.compile("[\udc80-\udcff]")
_CONTROL: Final = re.compile("[\x00-\x08]")


def codec(encoding: str, head: bytes) -> str:
    """Return Python's codec for an encoding. Raises Unreadable if the first bytes contradict the encoding."""
    found = marked(head)
    if found and found != encoding:
        raise Unreadable(f"the file is {found.upper()} text: save it as {encoding.upper()}", ListFault.ENCODING)
    if encoding != "utf-16":
        return "utf-8-sig" if encoding == "utf-8" else _CODECS[encoding]
    if head and not found:
        raise Unreadable("the file is not UTF-16 text", ListFault.ENCODING)
    return _utf_16(head) or encoding


def continued(encoding: str) -> str:
    """Return Python's codec for bytes inside a file, where a byte order mark is a character."""
    return _CODECS[encoding]


def marked(head: bytes) -> str:
    """Return the encoding that the first bytes show: by a byte order mark, or by the zeros of UTF-16; or empty."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    return "utf-16" if _utf_16(head) else ""


def _utf_16(head: bytes) -> str:
    zeros = [byte == 0 for byte in head[:4]]
    without: dict[tuple[bool, ...], str] = {(False, True) * 2: "utf-16-le", (True, False) * 2: "utf-16-be"}
    return _UTF_16.get(head[:2]) or without.get(tuple(zeros), "")


def check(line: str, encoding: str, others: bool) -> None:
    """Check a line that is not ASCII; ``others`` is whether there were such lines before.

    Raises:
        Unreadable: the line has a byte order mark, or is UTF-8 text in a file of another encoding.
    """
    if MARK in line:
        raise Unreadable("a byte order mark is inside the file: was it joined from several files?", ListFault.MARK)
    if encoding in SINGLE_BYTE and _is_utf_8(data := line.encode(_CODECS[encoding])):
        raise _foreign(f"the line is UTF-8 text, and not {encoding.upper()}", data, encoding, others)


def undecodable(error: UnicodeDecodeError, encoding: str, others: bool) -> tuple[Unreadable, int]:
    """Return the reason to refuse a file with bytes that are no text, and the number of line ends before the bytes."""
    before, after = error.object[: error.start], error.object[error.start :]
    text = before.decode(error.encoding if encoding == "utf-16" else "latin-1", "replace")
    line = before.rpartition(b"\n")[2] + after.partition(b"\n")[0]
    reason = f"the byte 0x{after[0]:02X} is not {encoding.upper()} text"
    return _foreign(reason, line, encoding, others or not before.isascii()), len(_LINE_END.findall(text))


def _foreign(reason: str, line: bytes, encoding: str, others: bool) -> Unreadable:
    if encoding == "utf-16":
        return Unreadable(reason, ListFault.ENCODING)
    if others:
        return Unreadable(f"{reason}: the file has several encodings", ListFault.ENCODING)
    found = guessed(line, encoding)
    differences = [Difference("encoding", found)] if found != encoding else []
    return Unreadable(reason, ListFault.ENCODING, differences=differences)


def _is_utf_8(data: bytes) -> bool:
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False


def guessed(data: bytes, expected: str) -> str:
    """Return the encoding of the beginning of a file, or of a line; ``expected`` if the bytes show no other encoding.

    Bytes of two encodings, and bytes that are no text, show no other encoding.
    """
    if found := marked(data):
        return found
    # The last character may be cut.
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(data)
    wrong = _ESCAPED.findall(text)
    if not wrong:
        return "utf-8" if expected == "utf-16" or not text.isascii() else expected
    mixed = not _ESCAPED.sub("", text).isascii()
    if mixed or expected in SINGLE_BYTE or _CONTROL.search(text):
        return expected
    return "windows-1252" if _is_windows(data) else "latin-1"


def _is_windows(data: bytes) -> bool:
    try:
        return bool(data.decode("cp1252"))
    except UnicodeDecodeError:
        return False


def begun(data: bytes, encoding: str) -> str:
    """Return the beginning of a file as text. Wrong bytes are replaced."""
    name = (_utf_16(data) or "utf-16-le") if encoding == "utf-16" else _CODECS[encoding]
    return codecs.getincrementaldecoder(name)("replace").decode(data).removeprefix(MARK)
