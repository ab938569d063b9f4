"""A module `routes.py` of the default context, as a repository would write it."""

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import payment
import pytest
from payment.context import PAYMENT

from bounded_context.declaration import own_routes

HEAD = '''
from decimal import Decimal

from pydantic import BaseModel, Field

from bounded_context import Amount, BusinessError, Context, Day, Details, Identifier, NotFound, WholeNumber
from bounded_context.handlers import TableSettings, route
from payment.context import PAYMENT


class NoPolicy(BusinessError):
    """There is no such policy."""

    code = "no-policy"
    status = 404
    title = "There is no such policy"


class SummaryQuery(BaseModel):
    policy_id: Identifier
    most: WholeNumber = 10
    since: Day | None = None


class Note(BaseModel):
    policy_id: Identifier
    text: str = Field(min_length=2, examples=["a note"])
    amounts: list[Decimal] = []


class Summary(BaseModel):
    """The sum of a policy."""

    policy_id: str
    amount: Decimal
    most: int
'''

GOOD = '''

@route(PAYMENT, "GET /policies/{policy_id}/summary", scopes=("policies.read",), errors=(NoPolicy,))
def policy_summary(request: SummaryQuery) -> Summary:
    """Return the sum of a policy."""
    if request.policy_id == "none":
        raise NoPolicy("this policy is unknown")
    amount = Decimal("1.50") if "most" in request.model_fields_set else Decimal(request.since is not None)
    return Summary(policy_id=request.policy_id, amount=amount, most=request.most)


@route(PAYMENT, "POST /policies/{policy_id}/notes", status=201)
def add_note(request: Note) -> Summary:
    """Add a note to a policy."""
    return Summary(policy_id=request.policy_id, amount=sum(request.amounts, Decimal(0)), most=len(request.text))


@route(PAYMENT, "GET /policies")
def policy_count() -> Summary:
    """Count the policies."""
    return Summary(policy_id="all", amount=Decimal(0), most=0)
'''

DAYS = "2026-12-01/2027-03-31"


def deprecated(days: str = DAYS) -> str:
    """Return the routes of GOOD; one with a scope, and one without a request, are deprecated."""
    scopes, path = 'scopes=("policies.read",)', '"GET /policies")'
    with_scopes = GOOD.replace(scopes, f'{scopes}, deprecated="{days}"')
    return with_scopes.replace(path, f'{path[:-1]}, deprecated="{days}")')


Write = Callable[[str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write the module with these routes; at the end, the context has no own routes again."""
    # A module of the same length may be written twice in a second: stored bytecode would be that of the first.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def written(routes: str) -> None:
        (tmp_path / "routes.py").write_text(HEAD + routes, encoding="utf-8")
        monkeypatch.setattr(payment, "__path__", [*payment.__path__, str(tmp_path)])
        forget()

    yield written
    forget()
    # Other tests look at all classes of the context's package.
    gc.collect()


def forget() -> None:
    """Let the module be imported again."""
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{PAYMENT.name}.routes.")]:
        del sys.modules[name]
    vars(payment).pop("routes", None)
    own_routes._declared.pop(PAYMENT.name, None)
