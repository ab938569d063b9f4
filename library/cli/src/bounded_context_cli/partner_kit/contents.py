"""The contents of both forms of the kit: the format, the samples, the limits, and the checks of the service."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.domain.faults import CONTROL_CODES, KIND_CODES, ListFault
from bounded_context.domain.fields import kind_of
from bounded_context.domain.formats import FIRST, PLAIN, SIGNS, FileFormat
from bounded_context.domain.rows import Rows
from bounded_context.domain.spelling import kebab
from bounded_context.testing.functions import Samples, assembled
from bounded_context_infra.configuration.project import Project, ProjectError

from ..contracts.documents import list_format
from ..contracts.published import examples
from ..partners.sheet import DECIMALS, MB, WORKBOOK, ends, places, summary
from ..programs.stack_settings import settings_of
from ..views.pages.lists import Column, ListFormat, markdown


def described(form: ListFormat, rows: Rows, format_: FileFormat) -> ListFormat:
    """Return the description of the plain format as the description of a partner's format."""
    if format_ == PLAIN:
        return form
    placed = [*map(rows.read_as(format_).column, format_.columns)]
    columns = [_column(each, rows, format_) for each in form.columns if format_.has_names or each.name in placed]
    kind = PLAIN.kind if format_.kind == "xlsx" else format_.kind
    text = replace(format_, kind=kind, encoding=PLAIN.encoding, compression=PLAIN.compression)
    sample = assembled([[column.name for column in columns], [column.example for column in columns]], text)
    most_mb = format_.most_bytes(form.most_mb * MB) // MB
    sentences, sample_text = tuple(_sentences(format_)), sample.decode().strip("\r\n")
    codes, known = KIND_CODES.get(format_.kind, {}), {**form.lists, **(CONTROL_CODES if format_.control else {})}
    known |= {code: texts for code, texts in codes.items() if code == ListFault.STRUCTURE}
    rows_codes, list_codes = ({name: codes.get(name, texts) for name, texts in of.items()} for of in (form.rows, known))
    form = replace(form, columns=columns, rows=rows_codes, lists=list_codes, file=sentences, sample=sample_text)
    return replace(form, most_mb=most_mb, excel=tuple(_excel(format_)), code=_LANGUAGES[format_.kind])


_LANGUAGES: Final = {"csv": "csv", "json-lines": "json", "fixed": "text", "xml": "xml", "xlsx": "csv"}
"""The language of a sample, by the kind of files."""


def _column(column: Column, rows: Rows, format_: FileFormat) -> Column:
    [name] = format_.names([column.name])
    writer, described = rows.writers(format_).get(column.name, str), rows.expected_in(format_, column.name)
    return replace(column, name=name, content=described, example=writer(column.example))


def _sentences(format_: FileFormat) -> Iterator[str]:
    yield f"It is {summary(format_)}."
    place = "second" if FIRST in format_.control else "first"
    if not format_.has_names:
        yield from (f"{title}: {text}." for title, text in places(format_) if title != "Columns")
        if format_.kind == "fixed":
            yield "Spaces may fill a value, and zeros the beginning of a number."
        else:
            yield "The names are without prefixes. Each namespace is accepted, and no document type (DOCTYPE)."
            yield "The report counts the rows from 1 in its column `line`."
        yield f"Decimals: {DECIMALS[format_.decimal]}."
    elif format_.kind == "xlsx":
        yield f"The {place} row with values names the columns, in any order. Every other row with values is a row."
        yield f"The cells have {WORKBOOK}."
    elif not format_.has_objects:
        yield f"The {place} line names the columns, in any order. Every other line is a row."
        yield "A cell with a separator, a double quote or a line break is in double quotes."
        yield "Double each double quote in it."
    else:
        yield "The members of an object are the columns, in any order."
    if format_.has_names:
        yield from (f"{title}: {text}." for title, text in ends(format_))
    if format_.compression != PLAIN.compression:
        yield "The limit applies to the packed and the unpacked file."


_SAVED: Final = {
    ("utf-8", ","): "CSV UTF-8 (Comma delimited)",
    ("utf-8", ";"): "CSV UTF-8 (Comma delimited)",
    ("windows-1252", ","): "CSV (Comma delimited)",
    ("windows-1252", ";"): "CSV (Comma delimited)",
    ("windows-1252", "\t"): "Text (Tab delimited)",
    ("utf-16", "\t"): "Unicode Text",
}
"""The file types of Excel for Windows, by the encoding and the separator that they write in a region with it."""


def _excel(format_: FileFormat) -> Iterator[str]:
    """Yield how Excel saves a file in a format, if it can."""
    saved = _SAVED.get((format_.encoding, format_.delimiter))
    if format_.kind != PLAIN.kind or not saved:
        return
    yield f'Save the sheet as "{saved}", not as a workbook (`.xlsx`).'
    mark, separator = "point" if format_.decimal == PLAIN.decimal else "comma", SIGNS[format_.delimiter]
    needed = f" and {separator} as list separator" if format_.delimiter in ",;" else ""
    yield f"Excel uses the region settings of Windows. They must have a {mark} as decimal mark{needed}."
    if format_.compression != PLAIN.compression:
        yield f"Then compress the file with {format_.compression}."


_ROWS = 3


@dataclass(frozen=True)
class Contents:
    """The contents of a kit. ``sample`` is a valid list; ``broken`` has a valid row and rejected rows."""

    name: str
    context: str
    form: ListFormat
    sample: bytes
    broken: bytes
    only_the_service: str
    format_: FileFormat = PLAIN

    @property
    def most_bytes(self) -> int:
        """The largest accepted file of the stack. A format may have a lower limit."""
        return self.form.most_mb * MB

    @property
    def tolerated_share(self) -> Fraction:
        """The share of rejected rows, 0 to 1, above which the import rejects a list, as its functions read it."""
        return Fraction(str(self.form.tolerated_share))

    def for_python(self) -> dict[str, Any]:
        """Return the values that the check in Python reads."""
        texts = {"format": markdown(self.form).encode(), "sample": self.sample, "broken": self.broken}
        return {
            "program": f"{self.name}.pyz",
            "about": f"Check a list of {self.form.title} before the upload, without a connection.",
            "context": self.context,
            "most_bytes": self.most_bytes,
            "tolerated_share": str(self.tolerated_share),
            "only_the_service": self.only_the_service,
            "file": asdict(self.format_),
            **{name: b64encode(data).decode() for name, data in texts.items()},
        }


def contents(project: Project, stack: str, partner: str | None = None) -> Contents:
    """Return the contents of a kit for a stack, in the format of a partner. Raises ProjectError."""
    context, reference = project.context, str(project.settings["context"])
    name, only_the_service = kebab(context.name), _only_the_service(context)
    form = list_format(project, stack)
    if partner is None:
        return Contents(f"{name}-lists", reference, form, *_samples(context, PLAIN), only_the_service)
    format_ = _format(project, stack, partner)
    try:
        form, samples = described(form, context.rows, format_), _samples(context, format_)
    except ValueError as error:
        raise ProjectError(f"partners.{partner}.format has no place for a sample list: {error}.") from error
    return Contents(f"{name}-{partner}-lists", reference, form, *samples, only_the_service, format_)


def _format(project: Project, stack: str, partner: str) -> FileFormat:
    settings = settings_of(project, stack)
    if partner not in settings.partners:
        known = ", ".join(settings.partners) or "none"
        raise ProjectError(f"infra/service/Pulumi.{stack}.yaml: partners: {partner!r} is not one of {known}.")
    return settings.formats.get(partner, PLAIN)


def _samples(context: Context[Any], format_: FileFormat) -> tuple[bytes, bytes]:
    """Return a valid list, and a list with a bad value, a repeated identity and, in CSV, a cell more."""
    fields, known, writers = context.details.model_fields, examples(context.details), context.rows.writers(format_)
    own = {name: str(known[name]) for name, field in fields.items() if kind_of(field) is None and name in known}
    rows = [Samples(context).values(number, **own) for number in range(1, _ROWS + 1)]
    bad = {**rows[-1], context.identity: "?"}
    *good, wrong = ([writers.get(name, str)(text) for name, text in row.items()] for row in (*rows, bad))
    header = format_.names(list(bad))
    broken = [header, good[0], wrong, good[0], [*good[1], "one more"]]
    return assembled([header, *good], format_), assembled(broken, format_)


def _only_the_service(context: Context[Any]) -> str:
    references = "".join(f", whether each {field} exists" for field in context.references)
    return (
        f"Only the import checks whether a record exists already{references}, and rules that read stored records or "
        "call other systems. It may run further checks of lists."
    )
