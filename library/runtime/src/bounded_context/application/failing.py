"""The cause of a list's failure, from the exceptions that its steps recorded."""

from itertools import islice
from typing import Any, Final

from ..declaration.context import Context
from ..domain.failures import Failure
from ..domain.lists import ReceivedList
from .ports import Lists

IMPORT: Final = "import_list"
ENDED: Final = "no exception: the calls were throttled, timed out, or ended for lack of memory"
UNRECORDED: Final = "an exception that the step could not record: see the log of the step"
SPLIT_AGAIN: Final = "the step answered SPLIT again after its map: the state does not pass it the outcome SPLIT"
_ALL_IMPORTED: Final = "the state machine failed after the import of all parts"
_MOST: Final = 20
"""Parts whose exception is read. Parts that fail together mostly fail for one reason."""

_OF_MAP: Final = "States.ExceedToleratedFailureThreshold"
"""The error of a map whose child failed. It does not name the child's error."""

_OF_LAMBDA: Final = ("Lambda.", "Sandbox.", "States.", "Runtime.ExitError")
"""The beginnings of errors that Step Functions reports for a call that raised no exception (Step Functions Developer
Guide, "Handling errors"; Lambda Developer Guide, "Runtime.ExitError")."""


def cause_of(context: Context[Any], lists: Lists, received: ReceivedList, caught: str) -> Failure:
    """Return the cause of a failed list, of which all rows are undone.

    ``caught`` is the name of the error that Step Functions caught, or an empty text. A later try may have repaired an
    exception: only the exceptions of the step and the parts that did not succeed are causes.
    """
    if received.parts:
        return _of_import(lists, received, caught)
    step = context.verification_step if received.rows else "validate_list"
    caught = "" if caught == _OF_MAP else caught
    raised = None if caught.startswith(_OF_LAMBDA) else lists.failure(received.list_id, step)
    return raised or Failure(step, error=caught, message=_without_record(caught))


def _of_import(lists: Lists, received: ReceivedList, caught: str) -> Failure:
    if len(received.imported_parts) == received.parts:
        return Failure(IMPORT, error=caught, message=_ALL_IMPORTED)
    failed = sorted((received.undone_parts | received.begun_parts) - received.imported_parts)
    raised = (lists.failure(received.list_id, IMPORT, part) for part in islice(failed, _MOST))
    # The state machine only notices that a part is missing, by a condition: that error is no cause.
    error = "" if caught.endswith("ConditionalCheckFailedException") else caught
    return next(filter(None, raised), Failure(IMPORT, next(iter(failed), None), error, _without_record(error)))


def _without_record(caught: str) -> str:
    if caught == "SplitAgain":
        return SPLIT_AGAIN
    return ENDED if not caught or caught.startswith(_OF_LAMBDA) else UNRECORDED
