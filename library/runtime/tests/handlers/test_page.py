"""The requests on the page of the API, sent to the functions one after the other as somebody copies them."""

from copy import deepcopy
from urllib.parse import urlencode

import pytest
from payment.context import PAYMENT

from bounded_context_cli.contracts.openapi.document import document
from bounded_context_cli.views.pages.api import api_page
from tests.handlers.messages import call
from tests.handlers.requests import IAM
from tests.pages.reading import Curl, requests


@pytest.mark.usefixtures("function")
def test_each_request_of_the_page_works() -> None:
    """What is created is read, found among many, changed, and deleted."""
    answers = {request.operation: _sent(request) for request in requests(api_page(document(PAYMENT, "0.1.0")))}
    created = {command.function: command.kind == "creates" for command in PAYMENT.commands}
    assert answers == {function: 201 if created.get(function) else 200 for function in PAYMENT.routes}


def _sent(request: Curl) -> int:
    event = deepcopy(IAM) | {"rawPath": request.path, "rawQueryString": urlencode(request.query)}
    event["requestContext"]["http"] |= {"method": request.method, "path": request.path}
    event["headers"] |= dict(request.headers)
    event |= {"queryStringParameters": dict(request.query)} if request.query else {}
    event |= {"body": request.body, "isBase64Encoded": False} if request.body else {}
    return call(request.operation, event)["statusCode"]
