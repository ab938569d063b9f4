"""Refusals of services, as botocore parses them: errors of whole calls, and batches of which some entries fail."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser
from urllib3 import HTTPHeaderDict

from bounded_context_lab.storm.interception import KEY_USERS, briefly, partly, refusal
from bounded_context_local.stand_ins import Request, Response

TABLE = "payments"
KEYS = [{"pk": {"S": "good"}}, {"pk": {"S": "bad"}}]
XML = (
    "<PublishBatchResponse><PublishBatchResult><Successful>{}</Successful></PublishBatchResult></PublishBatchResponse>"
)


def parsed(service: str, operation: str, response: Response) -> dict[str, Any]:
    """Return a response as a client of boto3 gets it."""
    model = botocore.session.Session().get_service_model(service)
    headers = {name.lower(): value for name, value in response.headers.items()}
    facts = {"status_code": response.status, "headers": headers, "body": response.body}
    shape = model.operation_model(operation).output_shape
    assert shape
    return create_parser(model.metadata["protocol"]).parse(facts, shape)


def refused(request: Request, accepted: str) -> tuple[Response, str]:
    """Refuse the entry `bad` of a batch; return the response, and the request that reaches the service."""
    reached = list[str]()

    def forward(body: bytes | None = None) -> Response:
        reached.append((request.body if body is None else body).decode())
        return Response(200, {}, accepted.encode())

    response, number = partly(request, forward, lambda entry: "bad" in str(entry))
    assert number == 1
    return response, "".join(reached)


def json_request(operation: str, body: Any) -> Request:
    return Request("POST", "/", HTTPHeaderDict({"X-Amz-Target": f"Service.{operation}"}), json.dumps(body).encode())


def test_some_events_of_a_batch_are_refused():
    entries = [f"PublishBatchRequestEntries.member.{n}.{name}" for n in (1, 2) for name in ("Id", "Message")]
    values = ["0", '{"subject":"bad"}', "1", '{"subject":"good"}']
    form = "&".join(["Action=PublishBatch", *(f"{name}={value}" for name, value in zip(entries, values, strict=True))])
    accepted = XML.format("<member><Id>1</Id><MessageId>m</MessageId></member>")
    response, reached = refused(Request("POST", "/", HTTPHeaderDict(), form.encode()), accepted)
    answer = parsed("sns", "PublishBatch", response)
    assert [[entry["Id"] for entry in answer[name]] for name in ("Successful", "Failed")] == [["1"], ["0"]]
    assert answer["Failed"][0]["SenderFault"] is False
    assert ("good" in reached, "bad" in reached) == (True, False)


def test_some_messages_of_a_batch_are_refused():
    body = {"QueueUrl": "q", "Entries": [{"Id": name, "MessageBody": name} for name in ("good", "bad")]}
    accepted = json.dumps({"Successful": [{"Id": "good"}], "Failed": []})
    response, reached = refused(json_request("SendMessageBatch", body), accepted)
    answer = parsed("sqs", "SendMessageBatch", response)
    assert [[entry["Id"] for entry in answer[name]] for name in ("Successful", "Failed")] == [["good"], ["bad"]]
    assert "bad" not in reached


def test_some_statements_of_a_batch_are_throttled():
    statements = [{"Statement": "INSERT", "Parameters": [{"S": name}]} for name in ("bad", "good")]
    response, reached = refused(
        json_request("BatchExecuteStatement", {"Statements": statements}), json.dumps({"Responses": [{}]})
    )
    answer = parsed("dynamodb", "BatchExecuteStatement", response)
    assert [response.get("Error", {}).get("Code") for response in answer["Responses"]] == ["ThrottlingError", None]
    assert "bad" not in reached


def test_some_keys_and_writes_of_a_batch_are_unprocessed():
    response, reached = refused(
        json_request("BatchGetItem", {"RequestItems": {TABLE: {"Keys": KEYS, "ConsistentRead": True}}}),
        json.dumps({"Responses": {TABLE: [KEYS[0]]}}),
    )
    answer = parsed("dynamodb", "BatchGetItem", response)
    assert answer["UnprocessedKeys"] == {TABLE: {"Keys": [KEYS[1]], "ConsistentRead": True}}
    assert (answer["Responses"], "bad" in reached) == ({TABLE: [KEYS[0]]}, False)
    writes = [{"PutRequest": {"Item": key}} for key in KEYS]
    response, _ = refused(json_request("BatchWriteItem", {"RequestItems": {TABLE: writes}}), "{}")
    assert parsed("dynamodb", "BatchWriteItem", response)["UnprocessedItems"] == {TABLE: [writes[1]]}


def test_a_batch_whose_entries_all_fail_is_not_sent():
    body = {"QueueUrl": "q", "Entries": [{"Id": "1", "MessageBody": "bad"}]}
    response, reached = refused(json_request("SendMessageBatch", body), "")
    assert (len(parsed("sqs", "SendMessageBatch", response)["Failed"]), reached) == (1, "")


@pytest.mark.parametrize(
    ("service", "model", "operation", "throttled", "denied"),
    [
        ("sns", "sns", "PublishBatch", "Throttling", "AuthorizationError"),
        ("s3", "s3", "GetObject", "SlowDown", "AccessDenied"),
        ("states", "stepfunctions", "ListExecutions", "ThrottlingException", "AccessDeniedException"),
        ("dynamodb", "dynamodb", "GetItem", "ProvisionedThroughputExceededException", "AccessDeniedException"),
    ],
)
def test_a_service_throttles_and_denies_with_its_own_code(
    service: str, model: str, operation: str, throttled: str, denied: str
):
    responses = [refusal("throttle", service), refusal("deny", service)]
    codes = [parsed(model, operation, response)["Error"]["Code"] for response in responses if response]
    assert codes == [throttled, denied]


def test_a_denied_key_denies_the_calls_of_all_its_users():
    assert all(refusal("deny", service, of_key=True) for service in KEY_USERS)
    assert refusal("throttle", "dynamodb", of_key=True) is None


def test_a_read_key_is_unprocessed_in_its_first_requests_alone():
    fails = briefly(lambda entry: entry == "bad", times=2)
    assert [fails(entry) for entry in ("bad", "good", "bad", "bad")] == [True, False, True, False]
