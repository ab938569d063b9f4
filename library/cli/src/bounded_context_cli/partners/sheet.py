"""The connection sheet of a partner, and the description of the format of its files."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.domain.exports import OUTGOING
from bounded_context.domain.formats import COUNT, FIRST, LAST, NOUNS, PLAIN, SIGNS, SUM, FileFormat
from bounded_context.domain.rows import Rows
from bounded_context_infra.configuration.list_settings import Partner, PublicKey
from bounded_context_infra.configuration.settings import Settings

PORT: Final = 22
MB: Final = 1024 * 1024


_LATER: Final = "known after the deployment: `context partner list {stack} {name}`"


_OTHERS: Final = "ask the owner of the shared server"


def sheet(context: Context[Any], stack: str, name: str, settings: Settings, outputs: Mapping[str, Any]) -> str:
    """Return the sheet of a partner. `outputs` are the stack's output `sftp`, empty before a deployment."""
    later = _LATER.format(stack=stack, name=name)
    partner = settings.partners[name]
    exported = not partner.deliver and any(name in export.partners for export in context.exports)
    facts = [
        ("Host", settings.sftp_host_name or outputs.get("endpoint") or later),
        ("Port", str(PORT)),
        *_addresses(settings, outputs, later),
        ("Host key", _OTHERS if settings.sftp == "shared" else outputs.get("host_key_fingerprint") or later),
        *_login(name, partner),
        ("Upload to", "/incoming"),
        ("Reports in", "/reports"),
        *([("Exports in", f"/{OUTGOING}")] if exported else []),
        ("File name", f"any; {', '.join(settings.temporary_names) or 'no'} endings are for files in transfer"),
        *_format(context.rows, settings.formats.get(name, PLAIN), settings.max_list_mb * MB),
    ]
    width = max(len(title) for title, _ in facts)
    return "\n".join(f"{title:{width}}  {text}" for title, text in facts)


def _addresses(settings: Settings, outputs: Mapping[str, Any], later: str) -> Iterator[tuple[str, str]]:
    if settings.sftp_vpc:
        yield "Addresses", ", ".join(outputs.get("addresses") or [later])


def _login(name: str, partner: Partner) -> Iterator[tuple[str, str]]:
    yield "User", name
    for key in partner:
        yield "Login key", described(key)
    if partner.addresses:
        yield "From", ", ".join(partner.addresses)


def described(key: PublicKey) -> str:
    """Return the kind, fingerprint and end of a key."""
    end = f" until {key.expires}" if key.expires else ""
    return f"{key.text.split()[0]} {key.fingerprint}{end}"


def _format(rows: Rows, format_: FileFormat, most_bytes: int) -> Iterator[tuple[str, str]]:
    yield "Format", f"{summary(format_)}, at most {format_.most_bytes(most_bytes) // MB} MB"
    yield from _columns(rows, format_) if format_.has_names else places(format_)
    if format_.kind == "xlsx":
        yield "Values", WORKBOOK
        return
    if rows.of_type(Decimal):
        yield "Decimals", DECIMALS[format_.decimal]
    if rows.of_type(date):
        yield "Days", f"as {format_.date}"


DECIMALS: Final = {
    ".": "with a point, as 12.50",
    ",": "with a comma, as 12,50",
    "implied": "the last two digits, as 1250 for 12.50",
}
"""The decimals of a number in words."""


WORKBOOK: Final = "numbers and dates of Excel, or texts as 12.50 and 2026-01-31; no formulas, macros and merged cells"
"""The values of a workbook in words."""


def _columns(rows: Rows, format_: FileFormat) -> Iterator[tuple[str, str]]:
    mark = format_.delimiter if format_.kind == PLAIN.kind else ", "
    line = "Second line" if FIRST in format_.control else "First line"
    yield "Members" if format_.has_objects else line, mark.join(format_.names(rows.columns_with(default=False)))
    yield from ends(format_)
    if optional := rows.columns_with(default=True):
        yield "Optional", mark.join(format_.names(optional))


def places(format_: FileFormat) -> Iterator[tuple[str, str]]:
    """Yield the places of a format's rows, columns, count and sum in words, for a file without names of columns."""
    noun, rows = NOUNS[format_.kind], _ROWS[format_.kind]
    if format_.record:
        yield "Rows", rows.format(format_.record)
    yield "Columns", ", ".join(f"{name}: {noun} {place}" for name, place in format_.columns.items())
    yield from ends(format_)


def ends(format_: FileFormat) -> Iterator[tuple[str, str]]:
    """Yield the lines of a format that are no rows, and the places of the file's own count and sum, in words."""
    control = format_.control
    for end in (FIRST, LAST):
        if end in control:
            yield f"{end.title()} line", f"begins with {control[end]}, and is no row"
    titles = {COUNT: "Count of rows", SUM: f"Sum of {control.get('of')}"}
    yield from ((titles[name], format_.place_of(name)) for name in titles if name in control)


_ROWS: Final = {"fixed": "each begins with {}", "xml": "each is an element {}"}
"""The description of the rows."""


def summary(format_: FileFormat) -> str:
    """Return a description of the form of a partner's files, without the columns."""
    encoding, sign = format_.encoding.upper(), SIGNS[format_.delimiter]
    packed = f", compressed with {format_.compression}" if format_.compression != PLAIN.compression else ""
    kinds = {
        "csv": f"CSV text in {encoding}, with {sign} between the cells",
        "json-lines": f"text in {encoding}, with a JSON object on each line",
        "fixed": f"text in {encoding}, with a row on each line and columns of fixed width",
        "xml": "XML, with an element for each row",
        "xlsx": f"an Excel workbook (.xlsx) with {f'the sheet {format_.sheet}' if format_.sheet else 'one sheet'}",
    }
    return f"{kinds[format_.kind]}{packed}"
