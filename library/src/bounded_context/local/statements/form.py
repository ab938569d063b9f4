"""The one form of PartiQL's INSERT that the import sends, and what DynamoDB answers where a key is taken."""

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
    """Whether a statement of a batch means to insert, in whatever form."""
    return str(statement.get("Statement", "")).lstrip().upper().startswith("INSERT")


def insert(statement: Mapping[str, Any]) -> Insert:
    """Return what a statement of a batch inserts.

    Raises:
        ValueError: it has a form other than `INSERT INTO "table" VALUE {'name': ?, ...}`, with a parameter for each.
    """
    found = _INSERT.fullmatch(str(statement.get("Statement", "")))
    if found is None:
        raise ValueError("Statement wasn't well formed, can't be processed: only parameters are read here")
    names, parameters = _NAME.findall(found["names"]), statement.get("Parameters", [])
    if len(names) != len(parameters):
        raise ValueError("Number of parameters in request and statement don't match.")
    return Insert(found["table"], dict(zip(names, parameters, strict=True)))
