"""The query for one <<cookiecutter.__words>>: the entry point of its Lambda function."""

from typing import Any

from .. import bootstrap
from ..application import queries
from ..application.queries import ById
from ..domain import events
from ..domain.events import SOURCE
from ..domain.model import ID
from ..telemetry import about, entry_point
from ._queries import ask
from ._smoke import answers_smoke_checks


def answer(asked: ById) -> dict[str, Any]:
    """Run the query."""
    about(**{ID: asked.<<cookiecutter.__package>>_id})
    return {SOURCE: events.payload(queries.get_<<cookiecutter.__package>>(asked, bootstrap.<<cookiecutter.__plural_snake>>()))}


@entry_point
@answers_smoke_checks(bootstrap.<<cookiecutter.__plural_snake>>)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a message with the identity as its payload; answer with the <<cookiecutter.__words>>, or why not."""
    return ask(ById, answer, event)
