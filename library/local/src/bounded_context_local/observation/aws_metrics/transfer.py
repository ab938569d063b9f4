"""AWS/Transfer, for the SFTP server. All metrics are measured: the run uploads every file itself."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..samples import Sample

if TYPE_CHECKING:
    from ...uploads import Upload

NAMESPACE = "AWS/Transfer"
NAMES = ("FilesIn", "BytesIn")


def samples(server_id: str, uploads: "Iterable[Upload]") -> Iterator[Sample]:
    """Yield the samples of uploads."""
    for upload in uploads:
        yield Sample(NAMESPACE, "FilesIn", {"ServerId": server_id}, "Count", upload.arrived, 1)
        yield Sample(NAMESPACE, "BytesIn", {"ServerId": server_id}, "Bytes", upload.arrived, upload.size)
