"""What a context has of its own: refusals, routes, fields of its commands, and no API at all."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from bounded_context import BadContext, Context, aws
from bounded_context.domain.aggregate import REASON_CHARACTERS
from bounded_context.handlers import command_handler, get_handler, list_handler
from bounded_context.testing import InMemory, Samples
from tests import contexts
from tests.contexts import INVOICE, ORDER, PARCEL, Handed, Progress
from tests.emf import totals
from tests.handlers.conftest import LambdaContext, Lines
from tests.handlers.requests import IAM

Ask = Callable[..., dict[str, Any]]


class World:
    """The functions of a context whose aggregates are in memory."""

    def __init__(self, context: Context[Any]) -> None:
        self.context = context
        self.kept = InMemory(context).aggregates

    def send(self, model: Any, use_case: Any, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        """Send a request to a command's function; returns the answer's status, headers and body."""
        event: dict[str, Any] = deepcopy(IAM)
        method = self.context.routes[self.context.command(model).function].partition(" ")[0]
        event["requestContext"]["http"] |= {"method": method, "path": path}
        event |= {"rawPath": path, "headers": event["headers"] | headers}
        event |= {} if body is None else {"body": json.dumps(body), "isBase64Encoded": False}
        answer = self.handler(model, use_case)(event, LambdaContext())
        return answer["statusCode"], answer["headers"], json.loads(answer["body"])

    def handler(self, model: Any, use_case: Any) -> Any:
        """Return a command's handler."""
        return command_handler(self.context, model, use_case, lambda: self.kept)

    def tell(self, model: Any, use_case: Any, payload: dict[str, Any], key: str = "key") -> dict[str, Any]:
        """Send a message to a command's function."""
        return self.handler(model, use_case)({"idempotency_key": key, "payload": payload}, LambdaContext())


@pytest.fixture
def parcels() -> World:
    """A parcel that was sent."""
    world = World(PARCEL)
    world.kept.add(Samples(PARCEL).aggregate(1))
    return world


WEIGH = (contexts.WeighParcel, contexts.weigh_parcel)
REROUTE = (contexts.RerouteParcel, contexts.reroute_parcel)
ELSEWHERE = "/depots/north/parcels/id-000001"


def test_an_aggregate_may_be_put_where_it_will_be():
    """Its identity stands in the path, the rest in the body; it is where its query has it."""
    world = World(PARCEL)
    values = Samples(PARCEL).values(7)
    path = f"/parcels/{values.pop('parcel_id')}"
    status, headers, body = world.send(contexts.SendParcel, contexts.send_parcel, path, values)
    assert (status, headers["Location"], headers["ETag"]) == (201, path, f'"{world.kept.get("id-000007").tag}"')
    assert body == {"parcel_id": "id-000007", "pieces": 7, "sent_on": "2026-01-31"} | {
        "status": "SENT",
        "version": 1,
        "list_id": None,
    }
    assert world.kept.get("id-000007") == Samples(PARCEL).aggregate(7)


def test_the_values_of_a_change_are_in_its_body(parcels: World):
    """And the version that it is meant for in the header."""
    weight = {"kilograms": "2.50"}
    path = "/parcels/id-000001/weigh"
    assert parcels.send(*WEIGH, path, weight, **{"if-match": '"9"'})[2]["code"] == "version-conflict"
    tag = parcels.kept.get("id-000001").tag
    status, headers, body = parcels.send(*WEIGH, path, weight, **{"if-match": f'"{tag}"'})
    assert (status, headers["ETag"], body["status"]) == (200, f'"{parcels.kept.get("id-000001").tag}"', "WEIGHED")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (None, {"body"}),
        ({}, {"kilograms"}),
        ({"kilograms": "NaN"}, {"kilograms"}),
        ({"kilograms": "1", "parcel_id": "id-000001"}, {"parcel_id"}),
        ({"kilograms": "1", "expected_version": 1}, {"expected_version"}),
    ],
)
def test_a_bad_body_of_a_change_is_refused(parcels: World, body: Any, fields: set[str]):
    """What stands elsewhere has no place in it."""
    status, _, problem = parcels.send(*WEIGH, "/parcels/id-000001/weigh", body)
    assert (status, problem["code"]) == (422, "invalid")
    assert {error["field"] for error in problem["errors"]} == fields
    assert parcels.kept.get("id-000001").status is Handed.SENT


@pytest.mark.parametrize("body", [None, {}])
def test_a_body_without_required_values_may_be_absent(body: Any):
    """A caller from before an optional argument sends none; the argument has its default."""
    orders = World(ORDER)
    orders.kept.add(Samples(ORDER).aggregate(1))
    status, _, answer = orders.send(contexts.PackOrder, contexts.pack_order, "/orders/id-000001/pack", body)
    assert (status, answer["status"], answer["parcels"]) == (200, "PACKED", 2)


def test_a_change_may_have_a_route_of_its_own(parcels: World):
    """With fields of the command in its path, of any type."""
    status, _, body = parcels.send(*REROUTE, f"{ELSEWHERE}/2026-02-28", {"note": "late"})
    assert (status, body["status"], body["version"]) == (200, "REROUTED", 2)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{ELSEWHERE}/someday", "until"),
        (f"{ELSEWHERE}/20260228", "until"),
        ("/depots/-north/parcels/id-000001/2026-02-28", "depot"),
        ("/depots/north/parcels/-/2026-02-28", "parcel_id"),
    ],
)
def test_a_bad_part_of_a_path_is_a_bad_parameter(parcels: World, path: str, field: str):
    """It is named."""
    status, _, problem = parcels.send(*REROUTE, path, {})
    assert (status, problem["code"]) == (400, "bad-parameter")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_a_removal_may_have_a_reason(parcels: World):
    """With its identity in the body, where the path has none."""
    status, _, body = parcels.send(
        contexts.ReturnParcel, contexts.return_parcel, "/returns", {"parcel_id": "id-000001", "reason": "broken"}
    )
    assert (status, body["parcel_id"]) == (200, "id-000001")
    assert parcels.kept.stored == {}


@pytest.mark.usefixtures("function")
def test_the_same_request_of_an_own_shape_has_one_effect(parcels: World):
    """And another one with its key is refused, whatever is another in it."""
    key = {"idempotency-key": "key-1"}
    first = parcels.send(*REROUTE, f"{ELSEWHERE}/2026-02-28", {}, **key)
    assert first == parcels.send(*REROUTE, f"{ELSEWHERE}/2026-02-28", {}, **key)
    assert first[0] == 200
    for path, body in ((f"{ELSEWHERE}/2026-03-01", {}), (f"{ELSEWHERE}/2026-02-28", {"note": "x"})):
        assert parcels.send(*REROUTE, path, body, **key)[2]["code"] == "idempotency-key-reused"


def test_an_own_refusal_is_a_problem_and_a_reason(parcels: World, capsys: pytest.CaptureFixture[str], lines: Lines):
    """Its class says status, title and code; the metric has its code as the reason."""
    status, _, problem = parcels.send(*REROUTE, f"{ELSEWHERE}/2026-01-01", {})
    assert status == problem["status"] == 410
    assert (problem["title"], problem["code"]) == ("The day has passed", "too-late")
    assert problem["type"] == "urn:problem-type:parcel:too-late"
    assert problem["detail"] == "2026-01-01 is before 2026-01-31, when north had it"
    assert totals(capsys.readouterr().out) == {("CommandsRefused", "too-late"): 1}
    assert [(line["message"], line["code"]) for line in lines()] == [("command refused", "too-late")]


def test_a_command_that_does_not_start_from_there_is_refused(capsys: pytest.CaptureFixture[str]):
    """As a problem that says where it stands and from where the command starts; it is counted by its code."""
    world = World(ORDER)
    world.kept.add(Samples(ORDER).aggregate(1, status=Progress.SHIPPED))
    status, _, problem = world.send(contexts.CancelOrder, contexts.cancel_order, "/orders/id-000001")
    assert status == problem["status"] == 409
    assert (problem["title"], problem["code"]) == ("The command does not start from its status", "illegal-move")
    assert problem["detail"] == "order_id 'id-000001' is SHIPPED: the command starts from PLACED or PACKED"
    assert totals(capsys.readouterr().out) == {("CommandsRefused", "illegal-move"): 1}


@pytest.mark.usefixtures("function")
def test_an_own_refusal_is_an_answer_to_a_message(parcels: World):
    """By the same code."""
    payload = {"parcel_id": "id-000001", "depot": "north", "until": "2026-01-01"}
    answer = parcels.tell(*REROUTE, payload)
    assert (answer["ok"], answer["error"]["code"]) == (False, "too-late")


def test_an_undeclared_refusal_reaches_the_caller(capsys: pytest.CaptureFixture[str]):
    """As its class says; it counts as what has no reason of its own, since each reason costs a metric."""
    world = World(ORDER)
    world.kept.add(Samples(ORDER).aggregate(1))

    def never(_command: Any, _orders: Any) -> Any:
        raise contexts.TooLate("never")

    status, _, problem = world.send(contexts.CancelOrder, never, "/orders/id-000001")
    assert (status, problem["code"], problem["title"]) == (410, "too-late", "The day has passed")
    assert totals(capsys.readouterr().out) == {("CommandsRefused", "invalid"): 1}


def test_the_text_of_a_refusal_is_shortened():
    """It may quote what a caller sent."""
    world = World(ORDER)
    world.kept.add(Samples(ORDER).aggregate(1))

    def never(_command: Any, _orders: Any) -> Any:
        raise contexts.TooLate("x" * 300_000)

    _, _, problem = world.send(contexts.CancelOrder, never, "/orders/id-000001")
    assert len(problem["detail"]) == REASON_CHARACTERS


@pytest.mark.usefixtures("function")
def test_without_an_api_functions_accept_messages_only():
    """A request is a message of a wrong form."""
    world = World(INVOICE)
    issue = (contexts.IssueInvoice, contexts.issue_invoice)
    values = Samples(INVOICE).values(1)
    assert world.tell(*issue, values)["sales_invoice"]["number"] == values["number"]
    for handler in (
        world.handler(*issue),
        get_handler(INVOICE, lambda: world.kept),
        list_handler(INVOICE, lambda: aws.shards(INVOICE)),
    ):
        answer = handler(IAM, LambdaContext())
        assert (answer["ok"], answer["error"]["code"]) == (False, "invalid")


@pytest.mark.usefixtures("function")
def test_the_record_of_a_command_has_a_stable_key(table: Any):
    """Of the context and of the command: not by modules, which may move."""
    world = World(ORDER)
    payload = Samples(ORDER).values(1)
    assert world.tell(contexts.PlaceOrder, contexts.place_order, payload)["ok"]
    [record] = table.scan()["Items"]
    assert record["pk"].startswith("order.place_order#")


def test_a_context_without_an_index_has_no_query_for_many():
    """Where it is built."""
    with pytest.raises(BadContext, match="Parcel has no query for many: name list or status in queried_by"):
        list_handler(PARCEL, lambda: aws.shards(PARCEL))


def test_a_command_that_the_context_does_not_declare_has_no_handler():
    """Where it is built."""
    with pytest.raises(LookupError, match="Parcel has no command CancelOrder"):
        command_handler(PARCEL, contexts.CancelOrder, contexts.cancel_order, lambda: None)  # pyrefly: ignore[bad-argument-type] (another command)
