"""The steps of a context's list workflow, with its adapters. Every step can be repeated."""

from .application import importing, list_import, ranges, validation, verification
from .application.list_import import Outcome, Step, Upload, Workflow
from .application.staging import Part, StagedRow, TypedRow
from .application.verification import RowsCheck, RuleFailed
from .domain.faults import Fault
from .domain.lists import ListStatus, PinnedFile, ReceivedList
from .domain.rows import Rejection

__all__ = [
    "Fault",
    "ListImport",
    "ListStatus",
    "Outcome",
    "Part",
    "PinnedFile",
    "ReceivedList",
    "Rejection",
    "RowsCheck",
    "RuleFailed",
    "StagedRow",
    "Step",
    "TypedRow",
    "Upload",
]


class ListImport(Workflow):
    """The steps of a context's list workflow, with its adapters."""

    register = list_import.register_list
    validate_range = ranges.validate_range
    validate = validation.validate_list
    verify_part = verification.verify_part
    verify = verification.verify_list
    import_part = importing.import_part
    undo_part = importing.undo_part
    compensate = importing.compensate
