"""The description of a partner's format: its columns, its notations and its sample."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.domain.rows import Rows
from bounded_context.testing.file_formats import assembled

from ..views.pages.lists import Column, ListFormat

_MB: Final = 1024 * 1024


def described(form: ListFormat, rows: Rows, format_: FileFormat) -> ListFormat:
    """Return the description of the plain format as the description of a partner's format."""
    if format_ == PLAIN:
        return form
    columns = [_column(column, rows, format_) for column in form.columns]
    text = replace(format_, encoding=PLAIN.encoding, compression=PLAIN.compression)
    sample = assembled([[column.name for column in columns], [column.example for column in columns]], text)
    most_mb = format_.most_bytes(form.most_mb * _MB) // _MB
    sentences, shown = tuple(_sentences(format_)), sample.decode().strip("\r\n")
    return replace(form, columns=columns, file=sentences, sample=shown, most_mb=most_mb)


def _column(column: Column, rows: Rows, format_: FileFormat) -> Column:
    [name] = format_.names([column.name])
    written, described = rows.writers(format_).get(column.name, str), rows.expected_in(format_, column.name)
    return replace(column, name=name, content=described, example=written(column.example))


def _sentences(format_: FileFormat) -> Iterator[str]:
    encoding = format_.encoding.upper()
    if format_.kind == "csv":
        sign = {"\t": "tabs"}.get(format_.delimiter, f"`{format_.delimiter}`")
        yield f"It is CSV text in {encoding}, with {sign} between the cells."
        yield "The first line names the columns, in any order. Every other line is a row."
        yield "A cell with a separator, a double quote or a line break is in double quotes."
        yield "Double each double quote in it."
    else:
        yield f"It is text in {encoding}, with a JSON object on each line. Its members are the columns, in any order."
    if format_.compression != PLAIN.compression:
        yield f"It is compressed with {format_.compression}. The limit applies to the packed and the unpacked file."
