"""The table of field types: accepted texts, JSON schemas, samples, and the reasons of the limits.

Uses only the standard library, because the bake reads this table without the library's packages.
"""

import json
from typing import Any, Final, NamedTuple


class FieldType(NamedTuple):
    """A type of field.

    ``kind`` names the type for tools, ``name`` in Python, and ``answer`` in the bake's question, if the bake offers it.
    ``accepted`` completes the sentence "expected ..." of a report. ``sample`` is a valid cell. A cell must match
    ``pattern`` and have at most ``longest`` characters. ``stored`` is the JSON schema of a value in the table and in
    events, unless the value is the cell's text. ``erased`` replaces personal data in a field without a default: ``XXX``
    is no currency (ISO 4217), and 999 is no country (ITU-T E.164, reserved).
    """

    kind: str
    name: str
    answer: str
    accepted: str
    sample: str
    reason: str
    pattern: str = ""
    longest: int = 0
    stored: dict[str, Any] | None = None
    erased: str = ""

    @property
    def asked(self) -> dict[str, Any]:
        """The JSON schema of a value in a command."""
        if not self.pattern:
            return self.shown
        length = {"maxLength": self.longest} if self.longest else {}
        return {**length, "pattern": self.pattern, "type": "string"}

    @property
    def shown(self) -> dict[str, Any]:
        """The JSON schema of a value in events and responses."""
        return self.asked if self.stored is None else dict(self.stored)

    @property
    def value(self) -> Any:
        """The sample's JSON value in events and responses."""
        return self.stored_value(self.sample)

    def stored_value(self, text: str) -> Any:
        """Return the JSON value of a cell in events and responses."""
        return text if self.shown["type"] == "string" else json.loads(text)

    @property
    def example(self) -> Any:
        """The sample's JSON value in a command."""
        return self.sample if self.pattern else self.value


_DIGITS: Final = 15
"""Each decimal number of 15 digits survives a double, the number type of JSON readers (IEEE 754, binary64)."""

_FORMULA: Final = "A spreadsheet runs a cell that starts with `= + - @` as a formula (OWASP, CSV Injection)"
_PLAIN: Final = r"^[^\x00-\x1f\x7f=+\-@][^\x00-\x1f\x7f]*$"
_LINES: Final = r"^[^\x00-\x1f\x7f=+\-@][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_HOST: Final = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL: Final = "A-Za-z0-9.!#$%&'*/?^_`{|}~"
_EMAIL: Final = rf"^[{_LOCAL}][{_LOCAL}=+-]{{0,63}}@{_HOST}(\.{_HOST})+$"
_UUID: Final = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_TIME: Final = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"


def _decimal(places: int, *, signed: bool) -> FieldType:
    """Return the type of decimal numbers with at most this number of decimals."""
    before, sign = _DIGITS - places, "-?" if signed else ""
    example = f"{-12.5 if signed else 12.5:.{places}f}"
    name, least = ("Signed", "a number") if signed else ("Decimal", "a number of 0 or above")
    decimals = f" and {places} decimals" if places else " and no decimals"
    return FieldType(
        f"{name.lower()}{places}",
        f"{name}{places}",
        f"{name.lower()}{places}",
        f"{least} with at most {before} digits{decimals}, such as {example}",
        # `Amount` rejects 0, so the samples of earlier versions reveal a change to `Amount`.
        example if signed else f"{0:.{places}f}",
        "15 digits survive a double, the number type of many JSON readers (IEEE 754); no metric sums up the values",
        rf"^{sign}[0-9]{{1,{before}}}(\.[0-9]{{1,{places}}})?$" if places else rf"^{sign}[0-9]{{1,{before}}}$",
        erased=f"{0:.{places}f}",
    )


FIELD_TYPES: Final = (
    FieldType(
        "identifier",
        "Identifier",
        "",
        "1 to 64 letters, digits, dots, dashes or underscores",
        "id-1",
        "An identity is a part of paths, keys and logs: no character has a meaning there",
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        erased="erased",
    ),
    FieldType(
        "text",
        "Text",
        "str",
        "1 to 200 characters on one line, not starting with = + - or @",
        "text",
        f"{_FORMULA}; control characters break lines and terminals",
        _PLAIN,
        200,
        erased="erased",
    ),
    FieldType(
        "longtext",
        "LongText",
        "longtext",
        "1 to 2,000 characters, also on several lines, not starting with = + - or @",
        "some text",
        f"{_FORMULA}; with at most 4 such fields, an event takes 96 KB of SNS's 256 KiB if JSON escapes all characters",
        _LINES,
        2000,
        erased="erased",
    ),
    FieldType(
        "int",
        "WholeNumber",
        "int",
        "a whole number of at most 15 digits, such as 42",
        "42",
        "15 digits survive a double, the number type of many JSON readers (IEEE 754)",
        "^-?[0-9]{1,15}$",
        stored={"type": "integer"},
        erased="0",
    ),
    FieldType(
        "decimal",
        "Amount",
        "decimal",
        "an amount above 0 with at most 13 digits and 2 decimals, such as 12.50",
        "12.50",
        "A metric sums up imported amounts by currency: exact decimals, and no amount hides another by its sign",
        r"^[0-9]{1,13}(\.[0-9]{1,2})?$",
        stored={"type": "string"},
        erased="0.01",
    ),
    *(_decimal(places, signed=signed) for signed in (False, True) for places in range(5)),
    FieldType(
        "currency",
        "Currency",
        "currency",
        "a currency as its three capital letters (ISO 4217), such as EUR",
        "EUR",
        "The list of codes changes, so only their form is checked",
        "^[A-Z]{3}$",
        erased="XXX",
    ),
    FieldType(
        "date",
        "Day",
        "date",
        "a day of the calendar as YYYY-MM-DD, such as 2026-01-31",
        "2026-01-31",
        "One form (ISO 8601): 01/02/2026 is another day in the United States than in Europe",
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        stored={"format": "date", "type": "string"},
        erased="1900-01-01",
    ),
    FieldType(
        "timestamp",
        "Timestamp",
        "timestamp",
        "a time with its zone as YYYY-MM-DDThh:mm:ss and Z or an offset, such as 2026-01-31T12:00:00+01:00",
        "2026-01-31T12:00:00+01:00",
        "RFC 3339 with at most 6 digits of a second, which is Python's precision; an offset of zero is stored as Z",
        f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_TIME}$",
        stored={"format": "date-time", "type": "string"},
        erased="1900-01-01T00:00:00Z",
    ),
    FieldType(
        "bool",
        "Flag",
        "bool",
        "true or false",
        "true",
        "Also yes, no, on, off, t, f, y, n, 1 and 0 (pydantic's booleans)",
        stored={"type": "boolean"},
        erased="false",
    ),
    FieldType(
        "email",
        "Email",
        "email",
        "an e-mail address of at most 254 characters, such as ada@example.com",
        "ada@example.com",
        "The form of browsers (WHATWG HTML, valid e-mail address) with the lengths of RFC 5321 (4.5.3.1), a dot in the"
        " domain, and no start of a formula; a package such as email-validator would make cold starts longer",
        _EMAIL,
        254,
        erased="erased@erased.invalid",
    ),
    FieldType(
        "phone",
        "Phone",
        "phone",
        "a phone number as + and 2 to 15 digits without spaces (ITU-T E.164), such as +12025550100",
        "+12025550100",
        "The country code makes a number unique; digits after a `+` are no harmful formula",
        r"^\+[1-9][0-9]{1,14}$",
        erased="+9990000000",
    ),
    FieldType(
        "uuid",
        "Uuid",
        "uuid",
        "a UUID as 32 hexadecimal digits with 4 dashes, such as f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "Stored in lower-case letters, as RFC 9562 recommends; an id of another context is an `Identifier`",
        _UUID,
        stored={"format": "uuid", "type": "string"},
        erased="00000000-0000-0000-0000-000000000000",
    ),
)
"""All field types except enumerations, which the declaration writes as ``Literal`` or ``StrEnum``."""

LINE_END: Final = {"pattern": r"\n"}
"""The JSON schema of a text with a line end."""


def on_one_line(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a text on one line, which refuses a line end also where `$` matches before the last one.

    By JSON Schema 2020-12, "Regular Expressions", patterns follow ECMA-262, where `$` is the end. Some validators use
    the engine of their language, such as Python's `re`. Engines without lookahead know no pattern for the end.
    """
    if not isinstance(schema.get("pattern"), str) or schema["pattern"] in (_LINES, LINE_END["pattern"]):
        return schema
    return dict(sorted({**schema, "not": LINE_END}.items()))


MOST_LONG_TEXTS: Final = 4
"""The maximum number of `LongText` fields. A character takes at most 12 bytes in JSON: 4 fields take 96 KB of an
event's 256 KiB (SNS API Reference, "Publish"), and 40 MB of a part's 5,000 rows in memory."""

BY_KIND: Final = {field_type.kind: field_type for field_type in FIELD_TYPES}
