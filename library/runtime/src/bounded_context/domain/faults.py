"""The kinds of faults of lists, of their files and rows, and of other contexts' messages.

This module needs only the standard library: a bake reads the codes for the partners' page.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """The kind of a row's fault, for metrics. The report describes the fault in words, with the value."""

    CELLS = "cells"
    VALUE = "value"
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    EXISTS = "exists"
    RULE = "rule"
    BROKEN = "rule-failed"


class ListFault(StrEnum):
    """The kind of the fault that refuses a list as a whole: its code in the report."""

    ENCODING = "list-encoding"
    MARK = "list-byte-order-mark"
    COMPRESSION = "list-compression"
    FORMAT = "list-format"
    QUOTES = "list-quotes"
    RECORD = "list-record"
    STRUCTURE = "list-structure"
    CONTROL = "list-control"
    HEADER = "list-header"
    EMPTY = "list-empty"
    SIZE = "list-too-large"
    UPLOAD = "list-upload"
    TOLERANCE = "list-tolerance"
    FAILED = "list-failed"
    MALWARE = "list-malware"
    NOT_SCANNED = "list-not-scanned"
    NOT_APPROVED = "list-not-approved"


FILE_FAULTS: Final = frozenset(
    {
        *(ListFault.ENCODING, ListFault.MARK, ListFault.COMPRESSION, ListFault.QUOTES, ListFault.RECORD),
        *(ListFault.STRUCTURE, ListFault.CONTROL, ListFault.HEADER, ListFault.EMPTY, ListFault.SIZE),
    }
)
"""The faults of a file that is no list. The validation writes them into the report, with their line."""

INVALID: Final = "invalid"
"""The code of a row, or of a message, that the model of its command rejects."""

ROW_CODES: Final[Mapping[str, tuple[str, str]]] = {
    Fault.CELLS: (
        "The row has more or fewer cells than the header.",
        "Write one cell for each column, and a cell with a separator in double quotes.",
    ),
    Fault.VALUE: (
        "A value is missing, or is not of its column's type.",
        "Correct the value: the reason contains the expected form.",
    ),
    Fault.REPEATED: ("An earlier row of the list has the same identity.", "Keep one of the rows."),
    Fault.UNKNOWN: (
        "The value refers to a record that does not exist here.",
        "Correct the reference, or wait until the record exists.",
    ),
    Fault.EXISTS: (
        "A record with this identity exists.",
        "Remove the row if you sent it before, or write another identity.",
    ),
    INVALID: ("The value is not valid for a new record.", "Correct the value: the reason contains the expected form."),
    Fault.RULE: ("A business rule refuses the row.", "Correct the row: the reason names the rule."),
    Fault.BROKEN: (
        "A business rule has a fault on our side, and cannot decide about the row.",
        "Ask us: we repair the rule. Then send the row again.",
    ),
}
"""The meaning and the remedy of each code of a row in a report, in words for the partner."""

LIST_CODES: Final[Mapping[str, tuple[str, str]]] = {
    ListFault.ENCODING: (
        "The file is not text in the agreed encoding.",
        "Save the list in the agreed encoding, and send it again.",
    ),
    ListFault.MARK: (
        "A byte order mark is inside the file.",
        "Remove it: the file was probably joined from several files.",
    ),
    ListFault.COMPRESSION: (
        "The file is compressed in another way than agreed, or it is damaged.",
        "Save the list as text, and send it as agreed: unpacked, or as a complete gzip file.",
    ),
    ListFault.FORMAT: (
        "The beginning of the file has another format than agreed.",
        "Save the list in the agreed format, or ask us to change the format.",
    ),
    ListFault.QUOTES: (
        "A double quote opens a cell and does not close it, or follows the end of a cell.",
        "Close the cell, and double each double quote in it.",
    ),
    ListFault.RECORD: (
        "A row is too long, or has too many cells.",
        "Look for a missing double quote in this row.",
    ),
    ListFault.HEADER: (
        "The first line does not name the columns.",
        "Correct the names of the columns, and send the list again.",
    ),
    ListFault.EMPTY: ("The file has no rows.", "Send a file with rows."),
    ListFault.SIZE: ("The file is too large.", "Split the list into several files."),
    ListFault.UPLOAD: (
        "The upload broke off, or the file was replaced or deleted before it was read.",
        "Send the file again, under a new name.",
    ),
    ListFault.TOLERANCE: (
        "Too many rows were rejected, so no row was imported.",
        "Correct the rejected rows, and send the whole list again.",
    ),
    ListFault.FAILED: ("A technical failure on our side; no row was imported.", "Send the list again."),
    ListFault.MALWARE: ("A scan found malware in the file.", "Remove the malware, and send the file again."),
    ListFault.NOT_SCANNED: (
        "The file could not be scanned for malware.",
        "Send the file again, without a password.",
    ),
}
"""The meaning and the remedy of each code of a list as a whole."""

APPROVAL_CODES: Final[Mapping[str, tuple[str, str]]] = {
    ListFault.NOT_APPROVED: (
        "A person rejected the list, or nobody approved it in time; no row was imported.",
        "Ask us for the reason, correct the list, and send it again.",
    ),
}
"""The code of a list that is not approved, for contexts that declare an approval."""


CONTROL_CODES: Final[Mapping[str, tuple[str, str]]] = {
    ListFault.CONTROL: (
        "The file's own count or sum of its rows is missing, or is not the count or sum of its rows.",
        "Look for missing or doubled rows, or export the list again.",
    ),
}
"""The code of a wrong count or sum, for partners whose files have one."""

OBJECT_CODES: Final[Mapping[str, tuple[str, str]]] = {
    Fault.CELLS: (
        "The line is no JSON object, or has a member that is no column.",
        "Write an object whose members are columns, each at most once.",
    ),
    ListFault.RECORD: ("A line is too long.", "Look for a missing double quote or brace on this line."),
    ListFault.HEADER: (
        "The first line is no JSON object, or has members that are no columns.",
        "Correct the members of the first object, and send the list again.",
    ),
}
"""The codes with another meaning and remedy in JSON lines, whose rows are objects."""

KIND_CODES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "json-lines": OBJECT_CODES,
    "fixed": {
        Fault.CELLS: (
            "The line is longer or shorter than a row, or does not begin as a row.",
            "Write each column at its agreed place, filled with spaces to its whole width.",
        ),
        ListFault.RECORD: ("A line is too long.", "Look for a missing line end."),
    },
    "xlsx": {
        Fault.CELLS: (
            "A cell of the row has a formula or an error, or the row has a value beside the columns.",
            "Correct the cell: the reason names it.",
        ),
        ListFault.COMPRESSION: ("The workbook is damaged.", "Save the workbook again with Excel, and send it again."),
        ListFault.RECORD: ("A row is too long, or has too many columns.", "Look for a value far to the right."),
        ListFault.STRUCTURE: (
            "The file is no Excel workbook, is encrypted, or has macros, merged cells or several sheets.",
            "Save a workbook (.xlsx) with one sheet, without a password, macros and merged cells.",
        ),
    },
    "xml": {
        Fault.CELLS: ("The row has an element twice.", "Write each element of a column once."),
        ListFault.RECORD: (
            "An element is too long, or is repeated around a row.",
            "Look for a missing end of an element.",
        ),
        ListFault.STRUCTURE: (
            "The file is no well-formed XML, or has a document type.",
            "Export the list again, as XML without a document type.",
        ),
    },
}
"""The codes with another meaning and remedy in a kind of files."""


def remedy_of(code: str, kind: str = "") -> str:
    """Return the remedy of a code, also of a refusal that a context declares; empty without a code.

    ``kind`` is the kind of the partner's format.
    """
    codes = {**ROW_CODES, **LIST_CODES, **APPROVAL_CODES, **CONTROL_CODES, **KIND_CODES.get(kind, {})}
    return codes.get(code, ROW_CODES[Fault.RULE])[1] if code else ""


class PoisonReason(StrEnum):
    """The reason why retries of a message cannot succeed."""

    NOT_JSON = "not-json"
    NO_EVENT = "no-cloud-event"
    SOURCE = "unknown-source"
    SUBJECT = "no-subject"
    ORDER = "no-order"


class Poison(Exception):
    """A message that can never be applied. Its text is the reason's code, without content of the message."""

    def __init__(self, reason: PoisonReason) -> None:
        super().__init__(reason.value)
        self.reason = reason
