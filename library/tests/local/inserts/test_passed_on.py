"""What is no INSERT reaches the emulator as it came, and its answer comes back; whatever else goes on or goes wrong."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .conftest import Sending
from .world import TABLE, Sender, World

SELECT = {"Statements": [{"Statement": 'SELECT * FROM "a-table" WHERE pk = ?', "Parameters": [{"S": "a"}]}]}


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("GetItem", {"TableName": TABLE}),
        ("BatchExecuteStatement", SELECT),
        ("BatchExecuteStatement", {"Statements": "INSERT"}),
        ("BatchExecuteStatement", []),
    ],
)
def test_a_request_arrives_as_it_was_sent(function: Sender, world: World, operation: str, body: Any):
    """Its host among it, which is signed."""
    function.send(operation, body, Host="signed:1", **{"X-Ray": "it"})
    [(_, found, sent)] = world.seen
    headers = dict(found)
    assert json.loads(sent) == body
    assert {headers["Host"], headers["X-Ray"], headers["X-Amz-Security-Token"]} == {"signed:1", "it", "a token"}
    assert "Signature=0" in headers["Authorization"]
    assert (operation, headers[":path"]) == (world.seen[0][0], "/")


@pytest.mark.parametrize("answer", [(200, b"{}"), (400, b'{"__type": "ValidationException"}'), (503, b"<busy>")])
def test_an_answer_comes_back_as_it_is(function: Sender, world: World, answer: tuple[int, bytes]):
    world.scripted["GetItem"] = lambda: answer
    status, headers, body = function.send("GetItem", {})
    assert (status, body) == answer
    assert headers["x-amzn-errortype"] == "told"
    assert headers["Content-Length"] == str(len(body))


def test_connections_are_kept_on_both_sides(function: Sender, world: World):
    function.send("GetItem", {})
    kept = function.connection.sock
    for _ in range(5):
        function.send("GetItem", {})
    assert function.connection.sock is kept
    assert world.connections == 1


def test_many_at_once_are_all_answered(sending: Sending, world: World):
    """With a connection each, as functions have, some of which insert what others do."""

    def work(number: int) -> int:
        one = sending()
        for key in range(5):
            one.insert(f"{key}", f"{number}-{key}")
            one.send("GetItem", {})
        return number

    with ThreadPoolExecutor(40) as pool:
        assert len(list(pool.map(work, range(40)))) == 40
    assert len(world.items) == 5 + 40 * 5


def test_an_emulator_that_has_gone_is_no_wait(function: Sender, world: World):
    """Whoever asks hears of it at once, as of a gateway without anything behind it."""
    world.server_close()
    world.shutdown()
    begun = time.monotonic()
    assert function.send("GetItem", {})[0] == 502
    assert function.send("BatchExecuteStatement", SELECT)[0] == 502
    assert time.monotonic() - begun < 5


def test_a_client_that_has_gone_is_no_news(function: Sender, world: World, capfd: pytest.CaptureFixture[str]):
    """A function is ended at its timeout, whatever it waits for."""
    asked, go_on = threading.Event(), threading.Event()

    def slow() -> tuple[int, bytes]:
        asked.set()
        go_on.wait(5)
        return 200, b" " * 10_000_000

    world.scripted["GetItem"] = slow
    with socket.create_connection((function.connection.host, function.connection.port)) as client:
        client.send(b"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.GetItem\r\nContent-Length: 2\r\n\r\n{}")
        assert asked.wait(5)
    go_on.set()
    assert function.send("Query", {})[0] == 200
    assert capfd.readouterr().err == ""
