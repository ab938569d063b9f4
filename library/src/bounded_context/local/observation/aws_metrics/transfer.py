"""AWS/Transfer, of the SFTP server. All of it is measured: the run uploads every file itself."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..samples import Sample

if TYPE_CHECKING:
    from ...arrivals import Upload

NAMESPACE = "AWS/Transfer"
NAMES = ("FilesIn", "BytesIn")


def samples(server_id: str, uploads: "Iterable[Upload]") -> Iterator[Sample]:
    """Yield what uploads leave behind."""
    for one in uploads:
        yield Sample(NAMESPACE, "FilesIn", {"ServerId": server_id}, "Count", one.arrived, 1)
        yield Sample(NAMESPACE, "BytesIn", {"ServerId": server_id}, "Bytes", one.arrived, one.size)
