"""The query for <<cookiecutter.__plural_words>> of a list or in a status: the entry point of its Lambda function."""

from typing import Any

from .. import bootstrap
from ..application import queries
from ..application.queries import Selection
from ..telemetry import entry_point
from ._queries import ask, listed
from ._smoke import answers_smoke_checks


def answer(asked: Selection) -> dict[str, Any]:
    """Run the query."""
    return listed(queries.list_<<cookiecutter.__plural_snake>>(asked, bootstrap.shards()))


@entry_point
@answers_smoke_checks(bootstrap.shards)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a message with what to select as its payload; answer with a page of it, or why not."""
    return ask(Selection, answer, event)
