"""The format of a partner's files, if it differs from the plain format: UTF-8, commas, decimal points, ISO dates."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, Final

MOST_BYTES: Final = 2048 * 1024 * 1024
"""The largest size of a list that a stack may accept."""

ONE_PASS_BYTES: Final = 200 * 1024 * 1024
"""The largest list, unpacked, whose format has no ranges.

A call validates it, within 15 minutes (AWS limit): some 21,000 rows a second.
"""

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("csv", "json-lines", "fixed", "xml", "xlsx"),
    "delimiter": (",", ";", "\t", "|"),
    "encoding": ("utf-8", "utf-16", "latin-1", "windows-1252"),
    "decimal": (".", ",", "implied"),
    "compression": ("none", "gzip"),
}
"""The accepted values of a format's members. The other members are free."""

TEXTS: Final = ("csv", "json-lines")
"""The kinds of text that name the columns."""

SINGLE_BYTE: Final = ("latin-1", "windows-1252")
"""The encodings in which any bytes of another encoding are text too."""

COUNT: Final = "count"
SUM: Final = "sum"
FIRST: Final = "first"
LAST: Final = "last"
"""Members of a format's ``control``: the file's own count and sum of rows, and its lines that are no rows."""

NOUNS: Final = {"csv": "column", "fixed": "characters", "xml": "path", "xlsx": "column"}
"""The noun of a place, by the kind of files."""

UP: Final = "../"
"""The beginning of a path from the element around a row."""

_PARTS: Final = re.compile(r"YYYY|MM|DD|.")
_DIGITS: Final = {"YYYY": "(?P<YYYY>[0-9]{4})", "MM": "(?P<MM>[0-9]{2})", "DD": "(?P<DD>[0-9]{2})"}
_ISO_DAY: Final = re.compile("-".join(_DIGITS.values()))
_NO_VALUE: Final = "?"
"""Begins a text that is no value of the format: no field accepts it as a value of another format."""

_SWAPPED: Final = str.maketrans(",.", ".,")
_POINT: Final = re.compile(r"(?<=[0-9])\.(?=[0-9])")
_FILL: Final = re.compile(r"(?<![^+-])0+(?=[0-9])")
"""The zeros that fill the beginning of a number."""

_CENTS: Final = re.compile(r"([+-]?)([0-9]+)")


@dataclass(frozen=True)
class FileFormat:
    """The format of a partner's files. The defaults are the plain format.

    ``header`` maps the partner's column names to the columns. ``date`` has YYYY, MM and DD once each, with a separator
    or without. ``columns`` has the place of each column in a file without column names: in fixed-width text the first
    and the last character, in XML a path from the row. ``record`` finds the rows: the text with which their lines
    begin, or the path of their elements. ``control`` has the places of the file's own ``count`` and ``sum`` of its
    rows, and in ``of`` the column of the sum. Except in XML, ``first`` and ``last`` are the beginnings of the lines
    with these places. ``sheet`` is the name of a workbook's sheet.
    """

    kind: str = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    date: str = "YYYY-MM-DD"
    compression: str = "none"
    header: Mapping[str, str] = field(default_factory=dict[str, str])
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    record: str = ""
    control: Mapping[str, str] = field(default_factory=dict[str, str])
    sheet: str = ""

    @property
    def settings(self) -> dict[str, Any]:
        """The members that differ from the plain format, as a partner's setting has them."""
        plain = asdict(PLAIN)
        return {name: value for name, value in asdict(self).items() if value != plain[name]}

    def column(self, name: str) -> str:
        """Return the column that a name in the partner's header means."""
        return self.header.get(name.strip(), name.strip())

    def names(self, columns: Collection[str]) -> list[str]:
        """Return the names of the given columns in the partner's header."""
        names = {column: name for name, column in self.header.items()}
        return [names.get(column, column) for column in columns]

    @property
    def has_objects(self) -> bool:
        """Whether the rows are objects, which name their columns. Other rows have a cell for each column."""
        return self.kind == "json-lines"

    @property
    def has_names(self) -> bool:
        """Whether a file has the names of its columns. Otherwise the format has their places."""
        return self.kind not in ("fixed", "xml")

    @property
    def has_own_reader(self) -> bool:
        """Whether the files have a reader of their own, which reads a file from its beginning to its end."""
        return self.kind not in TEXTS or bool(self.control)

    @property
    def is_packed(self) -> bool:
        """Whether a file is compressed: its unpacked size is unknown before it is read."""
        return self.kind == "xlsx" or self.compression != PLAIN.compression

    @property
    def has_ranges(self) -> bool:
        """Whether a part of a file can be read without the bytes before it."""
        return not (self.has_own_reader or self.is_packed) and self.encoding != "utf-16"

    def most_bytes(self, max_bytes: int) -> int:
        """Return the maximum size of a file, unpacked, in a stack that accepts ``max_bytes``."""
        return max_bytes if self.has_ranges else min(max_bytes, ONE_PASS_BYTES)

    def stated(self, rows: int, sums: Mapping[str, str]) -> dict[str, str]:
        """Return the texts of a file's own count and sum, if it has them; ``sums`` are plain numbers by column."""
        total = sums.get(self.control.get("of", ""), "0")
        texts = {COUNT: str(rows), SUM: self.notations.get(Decimal, AS_IT_IS).written(total)}
        return {name: text for name, text in texts.items() if name in self.control}

    def place_of(self, name: str) -> str:
        """Return the place of the file's own count or sum in words."""
        line, _, place = self.control[name].rpartition(" ")
        return f"{NOUNS[self.kind]} {place}{line and f' of the {line} line'}"

    @property
    def notations(self) -> dict[type, "Notation"]:
        """The notations of the types of values that the format writes in another way."""
        kinds: dict[type, Notation] = {Decimal: _NUMBERS[self.decimal]} if self.decimal != PLAIN.decimal else {}
        if self.kind == "fixed":
            kinds = {kind: _filled(kinds.get(kind, _NUMBERS[PLAIN.decimal])) for kind in (Decimal, int)}
        return kinds | ({date: _days(self.date)} if self.date != PLAIN.date else {})


@dataclass(frozen=True)
class Notation:
    """The notation of a type of values.

    ``plain`` returns the plain text of a value. Any other text becomes a text that no field accepts. ``written`` is the
    opposite. ``described`` returns a description of plain values with the examples of this notation.
    """

    plain: Callable[[str], str]
    written: Callable[[str], str]
    described: Callable[[str], str]


PLAIN: Final = FileFormat()
"""The format of a partner without the setting."""


@dataclass(frozen=True)
class Formats:
    """The formats of partners with the setting, and the largest unpacked size of a list in bytes."""

    by_partner: Mapping[str, FileFormat] = field(default_factory=dict[str, FileFormat])
    max_bytes: int = MOST_BYTES

    def of(self, partner: str) -> FileFormat:
        """Return a partner's format."""
        return self.by_partner.get(partner, PLAIN)


@dataclass(frozen=True)
class Difference:
    """A member that the format of a file has, and the format of its partner has not.

    ``accepting`` is whether the beginning of the file is a list in the format of the file.
    """

    member: str
    value: Any
    accepting: bool = True

    def remedy(self, expected: FileFormat) -> str:
        """Return a sentence for the partner: the form of the file, and the expected form."""
        if self.member == "header":
            return f"Other names than agreed: {', '.join(self.value)}. Write the agreed names of columns"
        own, agreed = _WORDS.get(self.member, {}), getattr(expected, self.member)
        return _REMEDIES[self.member].format(own.get(self.value, self.value), own.get(agreed, agreed))


SIGNS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
"""The delimiters in words."""

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": {
        "csv": "a table (CSV)",
        "json-lines": "JSON objects, one on each line",
        "fixed": "text with columns of fixed width",
        "xml": "XML",
        "xlsx": "an Excel workbook (.xlsx)",
    },
    "delimiter": SIGNS,
    "encoding": {name: name.upper() for name in CHOICES["encoding"]},
    "decimal": {".": "points, as 12.50", ",": "commas, as 12,50", "implied": "places without a mark, as 1250"},
    "compression": {"none": "not compressed", "gzip": "compressed with gzip"},
}
_REMEDIES: Final = {
    "kind": "The file has {}: save it as {}",
    "delimiter": "The columns are separated by {}: save the file with {}",
    "encoding": "The text is {}: save the file as {}",
    "decimal": "Numbers have decimal {}: write decimal {}",
    "compression": "The file is {}: send it {}",
    "date": "Days are written as {}: write them as {}",
}


def span(place: str) -> slice:
    """Return the characters of a place such as ``1-10``: the first and the last, counted from 1."""
    first, last = place.split("-")
    return slice(int(first) - 1, int(last))


def resolved(record: str, path: str) -> str:
    """Return the path from the document's root of a path from its row."""
    while path.startswith(UP):
        record, path = record.rpartition("/")[0], path.removeprefix(UP)
    return f"{record}/{path}"


def setting(differences: Collection[Difference], partner: str) -> str:
    """Return the setting that would accept a partner's file, as YAML, for operators; empty if none would."""
    if not differences or not all(difference.accepting for difference in differences):
        return ""
    members = (f"{each.member}: {json.dumps(each.value, ensure_ascii=False)}" for each in differences)
    return f"partners.{partner}.format: {{{', '.join(members)}}}"


def _swapped(text: str) -> str:
    # In a file with decimal commas, a text with a point becomes a text with a comma, which is no number.
    return text.translate(_SWAPPED)


def _with_point(text: str) -> str:
    match = _CENTS.fullmatch(text)
    return f"{match[1]}{match[2].zfill(3)[:-2]}.{match[2].zfill(3)[-2:]}" if match else text and _NO_VALUE + text


def _without_point(text: str) -> str:
    whole, _, places = text.partition(".")
    return whole + places.ljust(2, "0")


AS_IT_IS: Final = Notation(str, str, str)
"""The notation of a plain value."""

_NUMBERS: Final[Mapping[str, Notation]] = {
    ".": AS_IT_IS,
    ",": Notation(_swapped, _swapped, partial(_POINT.sub, ",")),
    "implied": Notation(_with_point, _without_point, partial(_POINT.sub, "")),
}
"""The notation of a number with decimals, by the member ``decimal``."""


def _filled(notation: Notation) -> Notation:
    """Return a notation in which zeros may fill the beginning of a number."""
    return replace(notation, plain=lambda text: _FILL.sub("", notation.plain(text), count=1))


def _days(form: str) -> Notation:
    parts: list[str] = _PARTS.findall(form)
    pattern = re.compile("".join(_DIGITS.get(part, re.escape(part)) for part in parts))

    def plain(text: str) -> str:
        match = pattern.fullmatch(text)
        return "{YYYY}-{MM}-{DD}".format(**match.groupdict()) if match else text and _NO_VALUE + text

    def notation(text: str) -> str:
        return _ISO_DAY.sub(lambda day: _PARTS.sub(lambda part: day.groupdict().get(part[0], part[0]), form), text)

    return Notation(plain, notation, lambda text: notation(text.replace(PLAIN.date, form)))
