"""The query for payments of a list or in a status: the entry point of its Lambda function."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from .. import bootstrap
from ..application import queries
from ..application.paging import LONGEST_CURSOR
from ..application.queries import MOST, Selection
from ..domain.model import Status
from ..telemetry import entry_point
from . import _operations as operations
from ._http import Answer, answers_requests, api, shown
from ._parameters import MANY
from ._problems import BAD_PARAMETER
from ._queries import ask, listed, saying
from ._refusals import obeying, reading
from ._smoke import answers_smoke_checks

app = api()

ListId = Annotated[str | None, Query(min_length=1, max_length=64, description="Those that this list brought.")]
InStatus = Annotated[Status | None, Query(description="Those that stand there.")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="The longest page that is wanted.")]
Cursor = Annotated[
    str | None, Query(min_length=1, max_length=LONGEST_CURSOR, description="The last page's next_cursor.")
]


def answer(asked: Selection) -> dict[str, Any]:
    """Run the query."""
    return listed(queries.list_payments(asked, bootstrap.shards()))


@app.get(MANY, **operations.lists("list_payments"))
def route(list_id: ListId = None, status: InStatus = None, limit: Limit = 50, cursor: Cursor = None) -> Answer:
    """Take a request with what to select; answer with a page of it."""
    with reading(BAD_PARAMETER):
        asked = Selection(list_id=list_id, status=status, limit=limit, cursor=cursor)
    with obeying(BAD_PARAMETER):
        return shown(answer(asked))


@entry_point
@answers_smoke_checks(bootstrap.shards)
@answers_requests(app, saying)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a message with what to select as its payload; answer with a page of it, or why not."""
    return ask(Selection, answer, event)
