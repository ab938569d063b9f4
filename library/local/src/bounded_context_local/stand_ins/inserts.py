"""PartiQL INSERT statements of the import: their parser, and the error of an existing key."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

DUPLICATE: Final = {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}
"""The error of a statement (DynamoDB API reference, BatchStatementError)."""

_INSERT: Final = re.compile(r'INSERT INTO "(?P<table>[^"]+)" VALUE \{(?P<names>.*)\}')
_NAME: Final = re.compile(r"'([^']+)': \?")


class Insert(NamedTuple):
    """An item for a table, in DynamoDB's JSON."""

    table: str
    item: dict[str, Any]


def is_insert(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement is an INSERT, in any form."""
    return str(statement.get("Statement", "")).lstrip().upper().startswith("INSERT")


def insert(statement: Mapping[str, Any]) -> Insert:
    """Parse an INSERT statement.

    Raises:
        ValueError: the form is not `INSERT INTO "table" VALUE {'name': ?, ...}` with a parameter for each name.
    """
    match = _INSERT.fullmatch(str(statement.get("Statement", "")))
    if match is None:
        raise ValueError("Statement wasn't well formed, can't be processed: the stand-in supports parameters only")
    names, parameters = _NAME.findall(match["names"]), statement.get("Parameters", [])
    if len(names) != len(parameters):
        raise ValueError("Number of parameters in request and statement don't match.")
    return Insert(match["table"], dict(zip(names, parameters, strict=True)))
