"""The query for one <<cookiecutter.__words>>: the entry point of its Lambda function."""

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
    about(**{ID: asked.<<cookiecutter.__package>>_id})
    return {SOURCE: events.payload(queries.get_<<cookiecutter.__package>>(asked, bootstrap.<<cookiecutter.__package>>s()))}


@app.get(ONE, **operations.gets("get_<<cookiecutter.__package>>"))
def route(<<cookiecutter.__package>>_id: Identity, if_none_match: IfNoneMatch = None) -> Answer:
    """Take a request; answer with the <<cookiecutter.__words>> as it stands, unless the caller has that already."""
    with obeying():
        view = answer(ById(<<cookiecutter.__package>>_id=<<cookiecutter.__package>>_id))[SOURCE]
    return unchanged(view) if is_held(if_none_match, view["version"]) else shown_version(view)


@entry_point
@answers_smoke_checks(bootstrap.<<cookiecutter.__package>>s)
@answers_requests(app, saying)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a message with the identity as its payload; answer with the <<cookiecutter.__words>>, or why not."""
    return ask(ById, answer, event)
