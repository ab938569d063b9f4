"""The connection sheet of a partner, and the description of the format of its files."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.domain.formats import PLAIN, SIGNS, FileFormat
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
    facts = [
        ("Host", settings.sftp_host_name or outputs.get("endpoint") or later),
        ("Port", str(PORT)),
        *_addresses(settings, outputs, later),
        ("Host key", _OTHERS if settings.sftp == "shared" else outputs.get("host_key_fingerprint") or later),
        *_login(name, settings.partners[name]),
        ("Upload to", "/incoming"),
        ("Reports in", "/reports"),
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
    is_table = format_.kind == PLAIN.kind
    mark = format_.delimiter if is_table else ", "
    yield "First line" if is_table else "Members", mark.join(format_.names(rows.columns_with(default=False)))
    if optional := rows.columns_with(default=True):
        yield "Optional", mark.join(format_.names(optional))
    if rows.of_type(Decimal):
        yield "Decimals", f"with a {'point' if format_.decimal == PLAIN.decimal else 'comma'}, as 12{format_.decimal}50"
    if rows.of_type(date):
        yield "Days", f"as {format_.date}"


def summary(format_: FileFormat) -> str:
    """Return a description of the form of a partner's files, without the columns."""
    encoding = format_.encoding.upper()
    packed = f", compressed with {format_.compression}" if format_.compression != PLAIN.compression else ""
    if format_.kind != PLAIN.kind:
        return f"text in {encoding}, with a JSON object on each line{packed}"
    return f"CSV text in {encoding}, with {SIGNS[format_.delimiter]} between the cells{packed}"
