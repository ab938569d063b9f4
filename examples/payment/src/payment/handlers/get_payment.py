"""The query for one payment: the entry point of its Lambda function."""

from typing import Any

from .. import bootstrap
from ..application import queries
from ..application.queries import ById
from ..domain import events
from ..domain.events import SOURCE
from ..domain.model import ID
from ..telemetry import about, entry_point
from . import _operations as operations
from ._http import Answer, answers_requests, api, shown_version, unchanged
from ._parameters import ONE, Identity, IfNoneMatch, is_held
from ._queries import ask, saying
from ._refusals import obeying
from ._smoke import answers_smoke_checks

app = api()


def answer(asked: ById) -> dict[str, Any]:
    """Run the query."""
    about(**{ID: asked.payment_id})
    return {SOURCE: events.payload(queries.get_payment(asked, bootstrap.payments()))}


@app.get(ONE, **operations.gets("get_payment"))
def route(payment_id: Identity, if_none_match: IfNoneMatch = None) -> Answer:
    """Take a request; answer with the payment as it stands, unless the caller has that already."""
    with obeying():
        view = answer(ById(payment_id=payment_id))[SOURCE]
    return unchanged(view) if is_held(if_none_match, view["version"]) else shown_version(view)


@entry_point
@answers_smoke_checks(bootstrap.payments)
@answers_requests(app, saying)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a message with the identity as its payload; answer with the payment, or why not."""
    return ask(ById, answer, event)
