"""The document of the HTTP API, for other fields and commands than the prototype's."""

import json
import re

import pytest
from jinja2 import Template

from template.alone import alone
from template.answers import read_commands, read_fields
from template.names import REPOSITORY
from template.openapi import document

PROTOTYPE = REPOSITORY / "<<cookiecutter.context_name>>" / "docs" / "api" / "openapi.prototype.json"
COMMANDS = "Open:creates:LoanOpened Settle:changes:LoanSettled AmendLoan:changes:LoanAmended Drop:deletes:LoanDropped"


@pytest.fixture
def openapi() -> dict:
    """The document of a context with a field of each type."""
    prototype = Template(PROTOTYPE.read_text(encoding="utf-8"), variable_start_string="<<", variable_end_string=">>")
    text = prototype.render(cookiecutter={"__package": "loan", "__plural_snake": "loans", "lists": "import"})
    fields = read_fields("customer_id:str days:int sum:decimal currency:currency due:date late:bool")
    return document(json.loads(text), fields, read_commands(COMMANDS, "Loan"))


def test_the_fields_are_the_answers(openapi: dict) -> None:
    """In their order, between the identity and what the context adds."""
    fields = ["loan_id", "customer_id", "days", "sum", "currency", "due", "late"]
    assert openapi["components"]["schemas"]["Open"]["required"] == fields
    assert openapi["components"]["schemas"]["View"]["required"] == [*fields, "status", "version", "list_id"]
    assert set(openapi["components"]["schemas"]["Open"]["properties"]) == set(fields)


def test_each_command_is_an_operation(openapi: dict) -> None:
    """Beside the two queries; each change has a path of its own."""
    operations = {
        operation["operationId"]: path for path, methods in openapi["paths"].items() for operation in methods.values()
    }
    assert set(operations) == {"open", "settle", "amend_loan", "drop", "get_loan", "list_loans"}
    assert [operations[name].rpartition("/")[2] for name in ("settle", "amend_loan")] == ["settle", "amend"]
    assert openapi["components"]["schemas"]["Status"]["enum"] == ["OPENED", "SETTLED", "AMENDED"]


def test_each_change_starts_from_the_end_of_the_previous_one(openapi: dict) -> None:
    """The first from where what was created stands; what removes starts from everywhere."""
    operations = {
        operation["operationId"]: operation for methods in openapi["paths"].values() for operation in methods.values()
    }
    refused = {name: operations[name]["responses"]["409"]["description"] for name in ("settle", "amend_loan", "drop")}
    assert "(`illegal-move`): it starts from `OPENED`." in refused["settle"]
    assert "(`illegal-move`): it starts from `SETTLED`." in refused["amend_loan"]
    assert "illegal-move" not in refused["drop"]


def test_the_page_has_the_changes_in_the_order_in_which_they_work(openapi: dict) -> None:
    """Not in that of their names; what starts from one status says so beside its request."""
    page = alone("cli", "views.pages.api").api_page(openapi)
    operations = re.findall(r'<h3 id="(\w+)"><code>[A-Z]+ /', page)
    assert operations == ["open", "list_loans", "get_loan", "settle", "amend_loan", "drop"]
    assert re.findall(r"It starts from <code>(\w+)</code>", page) == ["OPENED", "SETTLED"]


def test_no_name_of_the_prototype_remains(openapi: dict) -> None:
    """What stood for a command's names is filled in."""
    assert "CommandName" not in json.dumps(openapi)
    assert "command-action" not in json.dumps(openapi)
    assert "command_name" not in json.dumps(openapi)
    assert "STATUS_BEFORE" not in json.dumps(openapi)


def test_examples_have_a_value_of_each_field(openapi: dict) -> None:
    """In a request as text, in an answer as what it is read as."""
    [path] = [path for path in openapi["paths"] if "{" not in path]
    [request] = openapi["paths"][path]["post"]["requestBody"]["content"].values()
    [response] = openapi["paths"][path]["post"]["responses"]["201"]["content"].values()
    assert (request["example"]["days"], response["example"]["days"]) == ("42", 42)
    assert response["example"]["status"] == "OPENED"
