"""Events of downloads that could not call the function of exports."""

import io
import json
from typing import Any

import pytest

from bounded_context.declaration.structure import EXPORT_FILES
from bounded_context_operations.repair.redrive.messages import DeliveryFailed, Message, NotRedrivable
from bounded_context_operations.repair.redrive.outputs import DownloadsRoute, RedriveStack
from tests.redrive.conftest import OUTPUTS

ALIAS = "arn:aws:lambda:eu-central-1:123456789012:function:test-export-files:live"
EVENT = {
    "detail-type": "SFTP Server File Download Completed",
    "detail": {"file-path": "/inbox/outgoing/acme/loan-daily-20261201T180000Z.csv", "bytes": 17},
}


class Lambda:
    """A client that keeps each call."""

    def __init__(self, **answer: str) -> None:
        self.answer, self.calls = answer, list[Any]()

    def invoke(self, **request: Any) -> Any:
        self.calls.append(request)
        return {"Payload": io.BytesIO(b"{}"), **self.answer}


def _message(body: Any) -> Message:
    return Message("id-1", "", json.dumps(body), {}, {})


def test_the_function_gets_the_path_and_the_bytes():
    functions: Any = Lambda()
    assert DownloadsRoute(functions, ALIAS).deliver(_message(EVENT)) == ""
    [call] = functions.calls
    assert call["FunctionName"] == ALIAS
    assert json.loads(call["Payload"]) == {"downloaded": EVENT["detail"]["file-path"], "bytes": 17}


def test_a_failed_call_leaves_the_message():
    functions: Any = Lambda(FunctionError="Unhandled")
    with pytest.raises(DeliveryFailed):
        DownloadsRoute(functions, ALIAS).deliver(_message(EVENT))


@pytest.mark.parametrize("body", [{}, {"detail": {"file-path": "/a"}}, {"detail": {"bytes": 1}}, {"detail": 7}])
def test_another_message_is_not_redriven(body: Any):
    functions: Any = Lambda()
    with pytest.raises(NotRedrivable, match="not the event of a download"):
        DownloadsRoute(functions, ALIAS).check(_message(body))


def test_the_queue_is_found_by_its_name():
    queues = {**OUTPUTS["dead_letter_queues"], "downloads": "https://sqs/1/test-downloads-dead-letters"}
    functions = {**OUTPUTS["functions"], EXPORT_FILES: ALIAS}
    outputs = {**OUTPUTS, "dead_letter_queues": queues, "functions": functions}
    queue = RedriveStack.of("test", outputs).queue("downloads")
    assert (queue.kind, queue.target) == ("downloads", ALIAS)
