"""The writer of partners' files in each format, for samples and for masked files."""

import csv
import gzip
import json
from collections.abc import Iterable, Sequence
from io import StringIO

from ..domain.formats import PLAIN, FileFormat


def assembled(records: Iterable[Sequence[str]], format_: FileFormat = PLAIN) -> bytes:
    """Return records, of which the first is the header, as a file. The cells stay as they are."""
    text = _csv(records, format_.delimiter) if format_.kind == "csv" else _json_lines(records)
    data = text.encode(format_.encoding)
    return gzip.compress(data, mtime=0) if format_.compression == "gzip" else data


def _csv(records: Iterable[Sequence[str]], delimiter: str) -> str:
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(records)
    return text.getvalue()


def _json_lines(records: Iterable[Sequence[str]]) -> str:
    header, *rows = records
    return "".join(f"{json.dumps(dict(zip(header, cells, strict=False)), ensure_ascii=False)}\n" for cells in rows)
