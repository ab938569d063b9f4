"""The commands over HTTP: statuses, headers, conditions, idempotency, and problems that a caller can act on."""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from payment.context import PAYMENT

from bounded_context import aws
from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.handlers._requests import MEDIA_TYPE, MOST_BYTES
from bounded_context_cli.contracts.openapi.document import kinds
from tests.emf import totals
from tests.handlers.conftest import Daemon, Lines
from tests.handlers.functions import CHANGE, CREATES, DELETES, GET, ID, ON_EXISTING, SAMPLES
from tests.handlers.messages import call, identity
from tests.handlers.requests import IAM, JSON, JWT, Answer, create, request, send

pytestmark = pytest.mark.usefixtures("function")

PERSON = "some-person"
ANOTHER = {**IAM, "requestContext": {**IAM["requestContext"], "authorizer": {"iam": {"userArn": "arn:aws:iam::1:u/b"}}}}


def _is_problem(answer: Answer, status: int, code: str) -> None:
    """RFC 9457, with the code that programs act on."""
    assert (answer.status, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert (answer.body["status"], answer.body["code"]) == (status, code)
    assert answer.body["type"] == f"urn:problem-type:{PAYMENT.name}:{code}"
    assert answer.body["title"] and answer.body["detail"]
    assert answer.body["correlation_id"] == answer.headers["x-correlation-id"]


def test_a_created_aggregate_is_returned_with_its_location_and_version(table: Any):
    """And is in the table."""
    answer = create(1)
    assert answer.status == 201
    assert answer.body[ID] == identity(1)
    assert answer.body["version"] == 1
    assert re.fullmatch(r'"[1-9][0-9]{14}"', answer.headers["etag"])
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["location"] == request(GET, identity=identity(1))["rawPath"]
    assert aws.aggregates(PAYMENT).get(identity(1)) == SAMPLES.aggregate(1)


def test_a_change_and_a_removal_return_the_result():
    """The next version, and the aggregate as it was."""
    created = create(1)
    changed = send(CHANGE, identity=identity(1), headers={"if-match": created.headers["etag"]})
    assert (changed.status, changed.body["version"]) == (200, 2)
    removed = send(DELETES, identity=identity(1), headers={"if-match": changed.headers["etag"]})
    assert (removed.status, removed.body) == (200, changed.body)
    _is_problem(send(DELETES, identity=identity(1)), 404, "not-found")


@pytest.mark.parametrize("function_name", ON_EXISTING)
@pytest.mark.parametrize("if_match", [None, "*", "tag"])
def test_a_fulfilled_condition_permits_the_command(function_name: str, if_match: str | None):
    """No condition is one."""
    tag = create(1).headers["etag"]
    headers = {} if if_match is None else {"If-Match": if_match.replace("tag", tag)}
    assert send(function_name, identity=identity(1), headers=headers).status == 200


@pytest.mark.parametrize("function_name", ON_EXISTING)
def test_a_command_for_another_version_fails_its_condition(function_name: str):
    """The caller is told to read again."""
    create(1)
    answer = send(function_name, identity=identity(1), headers={"if-match": '"9"'})
    _is_problem(answer, 412, "version-conflict")


@pytest.mark.parametrize("if_match", ["1", '"0"', 'W/"1"', '"1", "2"', '"x"', "", '"' + "9" * 16 + '"'])
def test_an_invalid_condition_is_refused(if_match: str):
    """A command that the caller wanted guarded is never run unguarded."""
    create(1)
    answer = send(CHANGE, identity=identity(1), headers={"if-match": if_match})
    _is_problem(answer, 400, "bad-parameter")
    assert [error["field"].lower() for error in answer.body["errors"]] == ["if-match"]


def test_rules_of_the_context_are_conflicts():
    """An identity that is taken, and a change that changes nothing."""
    create(1)
    _is_problem(create(1), 409, "already-exists")
    assert send(CHANGE, identity=identity(1)).status == 200
    _is_problem(send(CHANGE, identity=identity(1)), 409, "illegal-move")


@pytest.mark.parametrize("recorded", [IAM, JWT], ids=["iam", "jwt"])
def test_the_same_command_with_the_same_key_has_one_effect_and_one_answer(recorded: dict[str, Any]):
    """The repeated answer has the same bytes. The header's name may have another case."""
    body = json.dumps(SAMPLES.values(1))
    sent = [
        request(CREATES, body, headers=JSON | {name: "key-1"}, recorded=recorded)
        for name in ("idempotency-key", "Idempotency-Key")
    ]
    first, second = (json.dumps(call(CREATES, event)) for event in sent)
    assert first == second
    assert json.loads(first)["statusCode"] == 201


def test_a_key_belongs_to_its_command():
    """As `context docs api` says: the answers of two commands with one key are apart."""
    created = create(1, key="key-1")
    deleted = send(DELETES, identity=identity(1), headers={"idempotency-key": "key-1"})
    assert (created.status, deleted.status) == (201, 200)
    assert create(1, key="key-1") == created
    assert send(DELETES, identity=identity(1), headers={"idempotency-key": "key-1"}) == deleted


def test_the_same_key_with_another_request_of_the_command_is_refused():
    """Another body, another identity or another condition."""
    create(1, key="key-1")
    _is_problem(create(2, key="key-1"), 422, "idempotency-key-reused")
    create(3)
    key = {"idempotency-key": "key-2"}
    assert send(CHANGE, identity=identity(1), headers=key).status == 200
    _is_problem(send(CHANGE, identity=identity(3), headers=key), 422, "idempotency-key-reused")
    conditional = send(CHANGE, identity=identity(1), headers=key | {"if-match": '"1"'})
    _is_problem(conditional, 422, "idempotency-key-reused")


@pytest.mark.parametrize("other", [ANOTHER, JWT], ids=["another user", "a token"])
def test_no_caller_gets_the_answer_to_another_callers_key(other: dict[str, Any]):
    """The key is its own: the second command is run, and meets the rules."""
    create(1, key="key-1")
    _is_problem(create(1, key="key-1", recorded=other), 409, "already-exists")
    assert create(2, key="key-1", recorded=other).status == 201


def test_a_message_with_the_same_key_is_another_command():
    """Both doors of a function share the table."""
    create(1, key="key-1")
    message = {"idempotency_key": "key-1", "payload": SAMPLES.values(2)}
    assert call(CREATES, message)["ok"]


def test_without_a_key_each_request_is_a_command():
    """The rules of the context are what is left."""
    assert create(1).status == 201
    _is_problem(create(1), 409, "already-exists")


def test_a_command_that_is_being_run_is_to_be_tried_again(monkeypatch: pytest.MonkeyPatch):
    """Two requests with one key, at the same time."""
    answers: list[Any] = []
    add = AggregateTable.add

    def meanwhile(table: AggregateTable, created: Any) -> None:
        answers.append(create(1, key="key-1"))
        add(table, created)

    monkeypatch.setattr(AggregateTable, "add", meanwhile)
    assert create(1, key="key-1").status == 201
    _is_problem(answers[0], 409, "in-progress")
    assert answers[0].headers["retry-after"] == "1"


@pytest.mark.parametrize("key", ["", "two words", "é", "x" * 129])
def test_an_invalid_key_is_refused(key: str):
    """A command that the caller wanted once is never run without its key."""
    headers = JSON | {"idempotency-key": key}
    _is_problem(send(CREATES, json.dumps(SAMPLES.values(1)), headers=headers), 400, "bad-parameter")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (None, 422, "invalid"),
        ("", 422, "invalid"),
        ("null", 422, "invalid"),
        ("[]", 422, "invalid"),
        (json.dumps([SAMPLES.values(1)]), 422, "invalid"),
        ('"text"', 422, "invalid"),
        ("true", 422, "invalid"),
        ("{}", 422, "invalid"),
        (json.dumps({"unheard_of": {"of": [1]}}), 422, "invalid"),
        ('{"\\ud800": "\\ud800"}', 422, "invalid"),
        (json.dumps(dict.fromkeys(SAMPLES.values(1), "\ud800")), 422, "invalid"),
        (json.dumps({name: ["\x00"] for name in SAMPLES.values(1)}), 422, "invalid"),
        (json.dumps(dict.fromkeys(SAMPLES.values(1), 10**4000)), 422, "invalid"),
        (json.dumps(dict.fromkeys(SAMPLES.values(1))), 422, "invalid"),
        ('{"a": 1e400, "b": -0.0}', 422, "invalid"),
        ('{"a": ' * 400 + "1" + "}" * 400, 422, "invalid"),
        ("{", 400, "malformed-request"),
        ("not json", 400, "malformed-request"),
        ('{"a": NaN}', 400, "malformed-request"),
        ('{"a": -Infinity}', 400, "malformed-request"),
        ('{"a": 1, "a": 2}', 400, "malformed-request"),
        ('{"a": {"b": 1, "b": 1}}', 400, "malformed-request"),
        ('{"a": ' + "9" * 5000 + "}", 400, "malformed-request"),
        ("[" * 30_000, 400, "malformed-request"),
        ('{"a":' * 10_000, 400, "malformed-request"),
        ("{} {}", 400, "malformed-request"),
        ("\ufeff{}", 400, "malformed-request"),
        ("\ud800", 400, "malformed-request"),
        (b"\xff\xfe", 400, "malformed-request"),
        ("x" * (MOST_BYTES + 1), 413, "too-large"),
        ("é" * (MOST_BYTES // 2 + 1), 413, "too-large"),
        (b"x" * (MOST_BYTES + 1), 413, "too-large"),
    ],
)
def test_a_bad_body_is_a_problem(body: str | bytes | None, status: int, code: str, table: Any):
    """Never an exception, and never an effect."""
    _is_problem(send(CREATES, body, headers=JSON), status, code)
    assert table.scan()["Count"] == 0


def test_a_body_with_an_invalid_encoding_is_a_problem():
    """API Gateway would not send it."""
    event = request(CREATES, headers=JSON) | {"body": "{}", "isBase64Encoded": True}
    assert call(CREATES, event)["statusCode"] == 400


def test_a_body_may_be_in_base64():
    """As API Gateway sends what it does not take for text."""
    assert send(CREATES, json.dumps(SAMPLES.values(1)).encode(), headers=JSON).status == 201


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/json; charset=utf-8", "Application/JSON", None]
)
def test_a_body_is_json(media_type: str | None):
    """Whatever else is said of it; nothing said is taken for it."""
    headers = {} if media_type is None else {"Content-Type": media_type}
    assert send(CREATES, json.dumps(SAMPLES.values(1)), headers=headers).status == 201


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/jsonx", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", ""],
)
def test_a_body_of_another_type_is_refused(media_type: str):
    """Forms too, which a page of another site may send."""
    headers = {"content-type": media_type}
    _is_problem(send(CREATES, json.dumps(SAMPLES.values(1)), headers=headers), 415, "unsupported-media-type")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_type_without_a_body_does_no_harm(media_type: str):
    """Some clients name one always."""
    create(1)
    assert send(CHANGE, identity=identity(1), headers={"content-type": media_type}).status == 200
    _is_problem(send(CREATES, headers={"content-type": media_type}), 422, "invalid")


def test_numbers_keep_their_digits():
    """A float of Python's would have lost some."""
    decimals = [name for name, value in SAMPLES.values(1).items() if re.fullmatch(r"\d+\.\d\d", value)]
    if not decimals:
        pytest.skip("this aggregate has no amount")
    body = json.dumps(SAMPLES.values(1)).replace(f'"{SAMPLES.values(1)[decimals[0]]}"', "1234567890123.45")
    assert send(CREATES, body, headers=JSON).body[decimals[0]] == "1234567890123.45"


def test_each_bad_value_is_named_and_not_quoted():
    """The caller has it already, and what is on the way may keep it."""
    bad = dict.fromkeys(SAMPLES.values(1), PERSON + "\n") | {"colour": PERSON}
    answer = send(CREATES, json.dumps(bad), headers=JSON)
    _is_problem(answer, 422, "invalid")
    assert {"colour", ID} <= {error["field"] for error in answer.body["errors"]}
    assert PERSON not in json.dumps(answer.body)
    accepted = {name: field.description for name, field in PAYMENT.details.model_fields.items()}
    named = {error["field"]: error["detail"] for error in answer.body["errors"] if error["field"] in accepted}
    assert [name for name, detail in named.items() if f"(expected {accepted[name]})" not in detail] == []


@pytest.mark.parametrize("name", ["a/b", "..", "-x", "x" * 65, "a b", "%2F", "é", "x\n", "<script>", ""])
@pytest.mark.parametrize("function_name", [*ON_EXISTING, GET])
def test_an_impossible_identity_is_a_problem(function_name: str, name: str):
    """API Gateway decodes the path: a slash that was encoded is one here."""
    assert send(function_name, identity=name).body["code"] in {"bad-parameter", "no-such-route"}


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_another_method_is_no_route(method: str):
    """API Gateway lets none through; whoever calls the function itself is told."""
    event = request(CREATES)
    event["requestContext"]["http"]["method"] = method
    assert json.loads(call(CREATES, event)["body"])["code"] == "no-such-route"


def test_a_request_without_headers_is_answered():
    """Whatever made it."""
    event = request(CREATES, json.dumps(SAMPLES.values(1)))
    del event["headers"]
    assert call(CREATES, event)["statusCode"] == 201


@pytest.mark.parametrize("correlation_id", ["a", "Order_4711.b-c", "x" * 128])
def test_the_callers_correlation_id_is_returned_and_on_every_line(correlation_id: str, lines: Lines):
    """Success or problem."""
    assert create(1, headers={"X-Correlation-Id": correlation_id}).headers["x-correlation-id"] == correlation_id
    _is_problem(create(1, headers={"x-correlation-id": correlation_id}), 409, "already-exists")
    assert [line["correlation_id"] for line in lines()] == [correlation_id, correlation_id]


@pytest.mark.parametrize("correlation_id", [None, "", "x" * 129, "two words", "a\nb", "é", "a,b"])
def test_a_bad_correlation_id_is_replaced_by_the_requests_own(correlation_id: str | None, lines: Lines):
    """Nothing that a caller sends gets into a line as it is."""
    headers = {} if correlation_id is None else {"x-correlation-id": correlation_id}
    assert create(1, headers=headers).headers["x-correlation-id"] == IAM["requestContext"]["requestId"]
    assert {line["correlation_id"] for line in lines()} == {IAM["requestContext"]["requestId"]}


CLIENT = {"jwt": {"claims": {"sub": "ada", "client_id": "shop-7"}}}
TOKEN_OF_A_CLIENT = {**JWT, "requestContext": {**JWT["requestContext"], "authorizer": CLIENT}}


@pytest.mark.parametrize(
    ("recorded", "caller"),
    [(IAM, "shop"), (TOKEN_OF_A_CLIENT, "shop-7"), (ANOTHER, None)],
    ids=["a role, without its session", "the client of a token", "a user, whose name may be a person's"],
)
def test_a_line_names_the_calling_application(recorded: dict[str, Any], caller: str | None, lines: Lines):
    """Callers who sign are all of the API's own account: nothing else tells them apart."""
    create(1, recorded=recorded)
    _is_problem(create(1, recorded=recorded), 409, "already-exists")
    assert {line.get("caller") for line in lines()} == {caller}


@pytest.mark.usefixtures("sampled")
def test_a_request_continues_the_trace_that_it_carries(daemon: Daemon):
    """Beside the function's own; the two name each other."""
    trace = "0af7651916cd43dd8448eb211c80319c"
    create(1, headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    documents = daemon.documents()
    assert f"1-{trace[:8]}-{trace[8:]}" in {document["trace_id"] for document in documents}
    assert documents[-1]["annotations"]["correlation_id"] == IAM["requestContext"]["requestId"]


def test_no_answer_is_kept_on_the_way():
    """It may hold personal data."""
    assert create(1).headers["cache-control"] == "no-store"
    assert create(1).headers["cache-control"] == "no-store"


def test_a_refusal_counts_once_by_its_code(capsys: pytest.CaptureFixture[str]):
    """As a message's does; what is wrong with a request as such is one number."""
    create(1)
    create(1)
    for body in ("{}", "{", "x" * (MOST_BYTES + 1)):
        send(CREATES, body, headers=JSON)
    send(CREATES, "{}", headers={"content-type": "text/plain"})
    counted = totals(capsys.readouterr().out)
    assert counted == {("CommandsRefused", "already-exists"): 1, ("CommandsRefused", "invalid"): 4}


def test_an_unexpected_error_is_raised(lines: Lines, capfd: pytest.CaptureFixture[str], monkeypatch: Any):
    """Alarms count the function's errors; API Gateway answers with 500. Nothing of it is quoted."""

    def broken(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "ValidationException", "Message": PERSON}}, "PutItem")

    monkeypatch.setattr(AggregateTable, "add", broken)
    with pytest.raises(ClientError, match="ValidationException when calling PutItem"):
        create(1)
    [line] = [line for line in lines() if line["level"] == "ERROR"]
    assert line["message"] == "uncaught exception"
    assert PERSON not in "".join(capfd.readouterr()) + json.dumps(lines())


def test_each_rule_of_the_context_has_a_status():
    """Its class says which."""
    for error in PAYMENT.business_errors:
        assert (kinds(PAYMENT)[error.code].status, kinds(PAYMENT)[error.code].title) == (error.status, error.title)
