"""A stand-in for the X-Ray daemon: a UDP socket that stores the functions' segment documents.

A datagram has a header line and a document (AWS, "Sending segment documents to the X-Ray daemon"). The real daemon
forwards documents to X-Ray, which the emulator lacks.
"""

import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..emulator import HOST

Document = dict[str, Any]

HEADER = {"format": "json", "version": 1}
DATAGRAM_BYTES = 65_535
"""The maximum of UDP; X-Ray accepts documents of up to 64 kB."""

_BUFFER_BYTES = 4 * 1024 * 1024
_PAUSE_SECONDS = 0.2
_FORMS = {
    "name": re.compile(r".{1,200}"),
    "id": re.compile(r"[0-9a-f]{16}"),
    "trace_id": re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}"),
}


class Unfit(Exception):
    """A datagram that X-Ray would reject; the message has the reason."""


class TraceDaemon:
    """A receiver at `address`: stores valid `documents`, and in `refused` the reasons for rejected datagrams."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.documents: list[Document] = []
        self.refused: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._socket.settimeout(_PAUSE_SECONDS)
        self._socket.bind((HOST, 0))
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="x-ray", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port in the format of `AWS_XRAY_DAEMON_ADDRESS`."""
        return f"{HOST}:{self._socket.getsockname()[1]}"

    def stop(self) -> None:
        """End the thread and close the socket."""
        self._stopped.set()
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                self._store(self._socket.recv(DATAGRAM_BYTES))
            except TimeoutError:
                continue

    def _store(self, datagram: bytes) -> None:
        try:
            self.documents.append(read(datagram))
        except Unfit as error:
            self.refused.append(str(error))


@contextmanager
def listening() -> Iterator[TraceDaemon]:
    """Listen until the block ends."""
    daemon = TraceDaemon()
    try:
        yield daemon
    finally:
        daemon.stop()


def read(datagram: bytes) -> Document:
    """Return the document in a datagram.

    Raises:
        Unfit: there is no document, or a field that X-Ray requires is missing (AWS, "X-Ray segment documents").
    """
    header, _, body = datagram.partition(b"\n")
    if _json(header, "header") != HEADER:
        raise Unfit(f"the header is {header[:80]!r}, not {json.dumps(HEADER)}")
    document = _json(body, "document")
    if not isinstance(document, dict):
        raise Unfit("the document is not a JSON object")
    if problem := _problem(document):
        raise Unfit(problem)
    return document


def _json(text: bytes, part: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Unfit(f"the {part} is not JSON: {text[:80]!r}") from error


def _problem(document: Mapping[str, Any]) -> str | None:
    for field, form in _FORMS.items():
        if not form.fullmatch(str(document.get(field, ""))):
            return f"{field} is {document.get(field)!r}; it must match {form.pattern}"
    if document.get("type") == "subsegment" and not _FORMS["id"].fullmatch(str(document.get("parent_id", ""))):
        return f"the subsegment {document['name']!r} has no parent_id"
    return _time_problem(document)


def _time_problem(document: Mapping[str, Any]) -> str | None:
    start, end = document.get("start_time"), document.get("end_time")
    if not isinstance(start, int | float):
        return f"start_time is {start!r}, not seconds"
    if document.get("in_progress") is True:
        return None
    return None if isinstance(end, int | float) and end >= start else f"end_time is {end!r}, start_time is {start}"
