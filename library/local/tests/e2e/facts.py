"""The repository whose context these tests run, and what of it many of them name."""

import os

import pytest

from bounded_context.domain.formats import FileFormat
from bounded_context_infra.configuration.project import VARIABLE, current
from bounded_context_local.actors.partner import Login
from bounded_context_local.provider import program
from bounded_context_local.sample_lists import Samples

PROJECT = current()
CONTEXT = PROJECT.context
SAMPLES = Samples(CONTEXT)

HEADER = list(SAMPLES.columns)
ID = CONTEXT.identity
ID_COLUMN = HEADER.index(ID)

[CREATE] = [command.function for command in CONTEXT.commands if command.kind == "creates"]
CHANGES = [command.function for command in CONTEXT.commands if command.kind == "changes"]
[DELETE] = [command.function for command in CONTEXT.commands if command.kind == "deletes"]
GET, LIST = CONTEXT.queries
ROUTES = CONTEXT.routes

CREATED, DELETED = CONTEXT.event_by_status[CONTEXT.initial_status], CONTEXT.deletion_event
LIST_IMPORTED, LIST_REJECTED = CONTEXT.list_events

ENVIRONMENT = os.environ | {VARIABLE: str(PROJECT.root), "PYTHONPATH": str(PROJECT.root / "src")}
"""Of commands that are started for the repository: its package is not installed here."""

EXCEL = FileFormat(delimiter=";", encoding="windows-1252", decimal=",", date="DD.MM.YYYY", compression="gzip")
EXCEL_LOGIN = Login.with_new_key("excel")
PARTNERS = {"excel": {"public_keys": [EXCEL_LOGIN.public_key], "format": EXCEL.settings}}
"""The partner whose files are not plain, besides the run's own."""

OVER_SFTP = program.settings(PROJECT, {})["sftp"] != "none"

with_api = pytest.mark.skipif(not CONTEXT.api, reason="this context has no API")
with_references = pytest.mark.skipif(not CONTEXT.referenced_kinds, reason="this context's rows refer to nothing")
with_sftp = pytest.mark.skipif(not OVER_SFTP, reason="lists are put into this context's bucket")
with_bucket = pytest.mark.skipif(OVER_SFTP, reason="lists arrive over SFTP in this context")
