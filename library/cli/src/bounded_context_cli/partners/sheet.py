"""The connection sheet: all that a partner needs to upload a list."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.domain.rows import Rows
from bounded_context_infra.configuration.partners import Partner
from bounded_context_infra.configuration.public_keys import PublicKey
from bounded_context_infra.configuration.settings import Settings

PORT: Final = 22
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
        ("Format", f"CSV in UTF-8 with commas, at most {settings.max_list_mb} MB"),
        *_columns(Rows(context.details)),
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


def _columns(rows: Rows) -> Iterator[tuple[str, str]]:
    yield "First line", ",".join(rows.columns_with(default=False))
    if optional := rows.columns_with(default=True):
        yield "Optional", ",".join(optional)
