"""Calls to queues without botocore's client: its parameters, answers and errors."""

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from bounded_context_local.emulator.aws import UNANSWERED, QueueCalls
from bounded_context_local.testing.plugin import REGION

KEY = "test"
CLOSED = "http://127.0.0.1:9"


def calls(endpoint: str) -> QueueCalls:
    """Calls to the services at an address."""
    emulator = SimpleNamespace(access_key=KEY, secret_key=KEY, endpoint=endpoint)
    aws: Any = SimpleNamespace(region=REGION, client=lambda service: _client(service, endpoint), emulator=emulator)
    return QueueCalls(aws)


def _client(service: Any, endpoint: str) -> Any:
    return boto3.client(
        service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=KEY
    )


def _sqs(endpoint: str) -> Any:
    return _client("sqs", endpoint)


def test_a_message_is_received_and_deleted(aws_endpoint: str) -> None:
    sqs, client = _sqs(aws_endpoint), calls(aws_endpoint)
    url = sqs.create_queue(QueueName="bi")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="event")
    [message] = client.call("sqs", "receive_message", QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert (message["Body"], "SentTimestamp" in message["Attributes"]) == ("event", True)
    entries = [{"Id": "0", "ReceiptHandle": message["ReceiptHandle"]}]
    assert client.call("sqs", "delete_message_batch", QueueUrl=url, Entries=entries)["Successful"] == [{"Id": "0"}]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["ApproximateNumberOfMessages"], attributes["ApproximateNumberOfMessagesNotVisible"]) == (
        "0",
        "0",
    )


def test_an_empty_queue_has_no_messages(aws_endpoint: str) -> None:
    url = _sqs(aws_endpoint).create_queue(QueueName="bi")["QueueUrl"]
    assert not calls(aws_endpoint).call("sqs", "receive_message", QueueUrl=url).get("Messages")


def test_a_refused_call_has_the_error_of_the_client(aws_endpoint: str) -> None:
    """A reader ends with it."""
    url = _sqs(aws_endpoint).create_queue(QueueName="bi")["QueueUrl"]
    with pytest.raises(ClientError) as refused:
        calls(aws_endpoint).call("sqs", "receive_message", QueueUrl=f"{url}-gone")
    response: Any = refused.value.response
    assert response["Error"]["Code"].endswith("QueueDoesNotExist")


def test_a_call_without_an_answer_raises_an_error_that_readers_retry() -> None:
    with pytest.raises(UNANSWERED):
        calls(CLOSED).call("sqs", "receive_message", QueueUrl=f"{CLOSED}/bi")


class _Closing(BaseHTTPRequestHandler):
    """Closes the connection after an answer without saying so, as a server does with an idle connection."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Print nothing."""


def test_a_closed_idle_connection_is_no_interruption() -> None:
    """The reader reports nothing to the run."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Closing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = calls(f"http://127.0.0.1:{server.server_port}")
        answers = [client.call("sqs", "receive_message", QueueUrl="url") for _ in range(3)]
        server.shutdown()
    assert answers == [{}, {}, {}]


def test_other_services_have_their_clients(aws_endpoint: str) -> None:
    assert "TopicArn" in calls(aws_endpoint).call("sns", "create_topic", Name="events")
