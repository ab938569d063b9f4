"""An operator who closes a list whose staging is deleted, with the code of `context list close`."""

from functools import partial
from typing import Any, Final, cast

from payment.context import PAYMENT

from bounded_context.adapters.dynamodb_lists import ListTable
from bounded_context.adapters.s3 import InboxBucket
from bounded_context.adapters.services import Topic
from bounded_context.application.importing import list_event
from bounded_context.domain.events import fresh_traceparent
from bounded_context.domain.lists import ReceivedList
from bounded_context_operations.repair.closing import Closing
from bounded_context_operations.repair.lists import RepairTable, Rows

from .account import BUCKET, TABLE, TOPIC, Account
from .scheduler import Scheduler

_HOUR: Final = 3600.0
"""Seconds after which a person ends a command that hangs."""
_ATTEMPTS: Final = 4
"""Runs of the command. Calls of all but the last may meet faults, and the process may be killed."""


class Operator:
    """Closes lists."""

    def __init__(self, scheduler: Scheduler, account: Account) -> None:
        self._scheduler = scheduler
        self._account = account
        self._lists = ListTable(cast("Any", RepairTable(account.client("dynamodb"), TABLE)))

    def close(self, list_id: str, error: str) -> None:
        """Delete the staging of a list, and run the command until the list is closed."""
        for key in [key for key in self._account.bucket.versions if key.startswith(f"staging/{list_id}/")]:
            self._account.bucket.store(key, None)
        for attempt in range(_ATTEMPTS):
            self._scheduler.calm = attempt == _ATTEMPTS - 1
            work = partial(self._close, list_id, error)
            # The invariants allow only the steps of the workflow to delete rows of a list.
            until = self._scheduler.clock + _HOUR
            run = self._scheduler.spawn("close", work, function="compensate_error", deadline=until)
            self._scheduler.join([run])
            if not run.dead and run.error is None:
                break
        else:
            raise RuntimeError(f"list {list_id} is not closed")
        self._scheduler.calm = True

    def _close(self, list_id: str, error: str) -> None:
        dynamodb, files = self._account.client("dynamodb"), InboxBucket(self._account.client("s3"), BUCKET)
        rows = Rows(PAYMENT, dynamodb, TABLE, lambda _: None)
        Closing(PAYMENT, self._lists, files, rows, self._publish, self._scheduler.sleep).close(list_id, error)

    def _publish(self, closed: ReceivedList) -> None:
        event = list_event(PAYMENT, closed, fresh_traceparent())
        if Topic(self._account.client("sns"), TOPIC).publish([event]):
            raise RuntimeError("the event is not published")
