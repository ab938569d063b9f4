"""A stand-in for the X-Ray daemon: a UDP socket that stores the functions' segment documents.

A datagram has a header line and a document (AWS, "Sending segment documents to the X-Ray daemon"). The real daemon
forwards documents to X-Ray, which the emulator lacks.
"""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator

from ..emulator.process import HOST

Document = dict[str, Any]

HEADER = {"format": "json", "version": 1}
DATAGRAM_BYTES = 65_535
"""The maximum of UDP; X-Ray accepts documents of up to 64 kB."""

_BUFFER_BYTES = 4 * 1024 * 1024
_PAUSE_SECONDS = 0.2

_Id = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
_Seconds = Annotated[float, Field(strict=True)]


class InvalidDatagram(Exception):
    """A datagram that X-Ray would reject; the message has the reason."""


class _Segment(BaseModel):
    """The fields that X-Ray requires (AWS, "X-Ray segment documents")."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    id: _Id
    trace_id: Annotated[str, Field(pattern=r"^1-[0-9a-f]{8}-[0-9a-f]{24}$")]
    start_time: _Seconds
    in_progress: bool = False
    end_time: Annotated[_Seconds | None, Field(validate_default=True)] = None
    type: str = "segment"
    parent_id: Annotated[_Id | None, Field(validate_default=True)] = None

    @field_validator("end_time")
    @classmethod
    def _ends_after_its_start(cls, end: float | None, info: ValidationInfo) -> float | None:
        if not info.data.get("in_progress") and (end is None or end < info.data.get("start_time", end)):
            raise ValueError("a completed segment ends after its start_time")
        return end

    @field_validator("parent_id")
    @classmethod
    def _belongs_to_a_segment(cls, parent: str | None, info: ValidationInfo) -> str | None:
        if parent is None and info.data.get("type") == "subsegment":
            raise ValueError("a subsegment has the id of its segment")
        return parent


class TraceDaemon:
    """A receiver at `address`: stores valid `documents`, and in `rejected` the reasons for rejected datagrams."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.documents: list[Document] = []
        self.rejected: list[str] = []
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
        except InvalidDatagram as error:
            self.rejected.append(str(error))


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
        InvalidDatagram: there is no document, or a field that X-Ray requires is missing.
    """
    header, _, body = datagram.partition(b"\n")
    if _json(header, "header") != HEADER:
        raise InvalidDatagram(f"the header is {header[:80]!r}, not {json.dumps(HEADER)}")
    document = _json(body, "document")
    try:
        _Segment.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the document"
        raise InvalidDatagram(f"{field} is {first['input']!r}: {first['msg']}") from error
    return document


def _json(text: bytes, part: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidDatagram(f"the {part} is not JSON: {text[:80]!r}") from error
