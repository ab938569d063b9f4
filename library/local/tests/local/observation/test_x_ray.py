"""The X-Ray daemon's stand-in."""

import json
import socket
import time
from typing import Any

import pytest

from bounded_context_local.stand_ins import InvalidDatagram, listening, read_datagram

HEADER = b'{"format": "json", "version": 1}\n'
DOCUMENT: dict[str, Any] = {
    "name": "read",
    "id": "70de5b6f19ff9a0a",
    "trace_id": "1-581cf771-a006649127e371903a2de979",
    "start_time": 1.5,
    "end_time": 2.0,
}
SUBSEGMENT = DOCUMENT | {"type": "subsegment", "parent_id": "53995c3f42cd8ad8"}


@pytest.mark.parametrize("document", [DOCUMENT, SUBSEGMENT, DOCUMENT | {"in_progress": True, "end_time": None}])
def test_a_segment_document_is_accepted(document: dict[str, Any]) -> None:
    assert read_datagram(HEADER + json.dumps(document).encode()) == document


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        (b"hello", r"\bheader\b.*'hello'"),
        (b'{"format": "xml"}\n{}', r"\bheader\b.*\bxml\b"),
        (HEADER, r"\bdocument\b.*''"),
        (HEADER + b"[]", r"\bdocument is \[\]"),
        (HEADER + json.dumps(DOCUMENT | {"id": "short"}).encode(), "id is 'short'"),
        (HEADER + json.dumps(DOCUMENT | {"trace_id": "4bf92f3577b34da6"}).encode(), "trace_id is"),
        (HEADER + json.dumps(DOCUMENT | {"type": "subsegment"}).encode(), "parent_id is None"),
        (HEADER + json.dumps(DOCUMENT | {"start_time": "now"}).encode(), "start_time is 'now'"),
        (HEADER + json.dumps(DOCUMENT | {"end_time": 1.0}).encode(), "end_time is 1.0"),
    ],
)
def test_a_datagram_that_x_ray_would_reject_is_rejected(datagram: bytes, reason: str) -> None:
    """The reason names the part or the member."""
    with pytest.raises(InvalidDatagram, match=reason):
        read_datagram(datagram)


def test_sent_documents_are_kept_and_the_port_is_free_afterwards() -> None:
    with listening() as daemon, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        host, _, port = daemon.address.partition(":")
        for datagram in (HEADER + json.dumps(SUBSEGMENT).encode(), b"hello"):
            sender.sendto(datagram, (host, int(port)))
        deadline = time.monotonic() + 5
        while not daemon.rejected and time.monotonic() < deadline:
            time.sleep(0.001)
    assert daemon.documents == [SUBSEGMENT]
    assert len(daemon.rejected) == 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as another:
        another.bind((host, int(port)))
