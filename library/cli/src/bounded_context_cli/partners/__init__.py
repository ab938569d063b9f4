"""`context partner add|rotate|remove|list`: the partners of a stack. The commands edit its file; no deployment."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer import Argument, Option

from bounded_context_infra.configuration.list_settings import Partner, PublicKey, last_day
from bounded_context_infra.configuration.project import ProjectError
from bounded_context_infra.configuration.settings import Settings

from ..command.aws_errors import Refusal
from ..command.installed import repository
from ..command.operation import Outputs, Stack
from ..command.output import FAILED, fail, refuse
from ..command.pulumi import read_outputs
from ..command.values import AsJson, counted
from ..programs.pulumi_files import stacks
from .sheet import described, sheet
from .stack_file import StackFile

_DAYS: Final = 30

Name = Annotated[str, Argument(metavar="NAME", help="the partner, who logs in with this name")]
Key = Annotated[Path, Argument(metavar="KEY", help="the file of the public key, such as id.pub")]


def _day(text: str) -> date:
    try:
        return last_day(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def add(
    stack: Stack,
    name: Name,
    key: Key,
    expires: Annotated[
        date | None, Option(parser=_day, metavar="DATE", help="the last day of the key, such as 2027-01-31")
    ] = None,
    address: Annotated[
        list[str] | None, Option(help="an address or network that may connect; requires sftp_vpc; may be repeated")
    ] = None,
    outputs: Outputs = None,
) -> int:
    """Add a partner to the file of a stack, and print the connection sheet.

    Examples:
      context partner add prod acme acme.pub
      context partner add prod acme acme.pub --expires 2027-01-31 --address 203.0.113.7

    Exit status:
      0  done; `context deploy` applies it
      2  refused before the file was changed
    """

    def act(file: StackFile) -> int:
        if name in (partners := file.edited().partners):
            raise Refusal(f"{file.path} has a partner {name}: `context partner rotate {stack} {name} KEY` adds a key.")
        if file.settings().sftp == "none":
            raise Refusal(f"{file.path} has sftp: none, and no server for partners: write sftp: dedicated.")
        entry = {"public_keys": [_entry(_read(key), expires)], **({"addresses": address} if address else {})}
        settings = file.change(lambda text: text.added(name, entry), {**partners, name: entry})
        return _print(file, name, settings, outputs)

    return _on(stack, act)


def rotate(
    stack: Stack,
    name: Name,
    key: Key,
    days: Annotated[
        int | None,
        Option(
            parser=counted("days", _DAYS, 365), metavar="DAYS", help=f"how long the old keys stay (default: {_DAYS})"
        ),
    ] = None,
    outputs: Outputs = None,
) -> int:
    """Add a partner's new key, let the old keys expire, and remove keys that have expired.

    Examples:
      context partner rotate prod acme new.pub             the old keys are valid for 30 more days
      context partner rotate prod acme new.pub --days 7

    Exit status:
      0  done; `context deploy` applies it
      2  refused before the file was changed
    """

    def act(file: StackFile) -> int:
        partner, partners = _with_home(file, name), file.edited().partners
        last, new = _today() + timedelta(days=days or _DAYS), _entry(_read(key), None)
        # A key that is named by its position keeps it, until this rotation has given the key a name of its own.
        named = not any(entry.by_position for entry in partner)
        keys = [*(None if named and entry.is_expired(_today()) else _ending(entry, last) for entry in partner), new]
        remaining = [entry for entry in keys if entry is not None]
        new_partners = {**partners, name: {**partners[name], "public_keys": remaining}}
        return _print(file, name, file.change(lambda text: text.rotated(name, keys), new_partners), outputs)

    return _on(stack, act)


def remove(stack: Stack, name: Name) -> int:
    """Remove a partner from the file of a stack. The partner's uploads and reports stay until they expire.

    Examples:
      context partner remove prod acme

    Exit status:
      0  done; `context deploy` applies it
      2  refused before the file was changed
    """

    def act(file: StackFile) -> int:
        file.partner(name)
        others = {other: entry for other, entry in file.edited().partners.items() if other != name}
        file.change(lambda text: text.removed(name), others)
        typer.echo(f"{file.path} has no partner {name} any more. `context deploy {stack}` ends the access.")
        return 0

    return _on(stack, act)


def list_(
    stack: Annotated[str | None, Argument(help="the Pulumi stack, such as dev; by default all")] = None,
    name: Annotated[str | None, Argument(metavar="NAME", help="a partner, to print the connection sheet")] = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> int:
    """List the partners and their keys, or print the connection sheet of one partner.

    The last line names the keys that have expired, or expire within 30 days.

    Examples:
      context partner list             all stacks
      context partner list prod acme   the sheet for acme
      context partner list --json      the partners and their keys as JSON

    Exit status:
      0  done
      1  the settings of a stack are invalid
      2  refused: unknown stack or partner
    """

    def act(file: StackFile) -> int:
        if name and as_json:
            file.partner(name)
        elif name:
            _with_home(file, name)
            return _print(file, name, file.settings(), outputs)
        return _list([file], as_json=as_json, only=name)

    return _on(stack, act) if stack else _all(as_json=as_json)


def _all(*, as_json: bool) -> int:
    try:
        project = repository()
        return _list([StackFile(project, stack) for stack in stacks(project.service)], as_json=as_json)
    except (Refusal, ProjectError) as error:
        return fail(str(error), FAILED)


def _list(files: list[StackFile], *, as_json: bool, only: str | None = None) -> int:
    if as_json:
        return _list_as_json(files, only)
    number, today, warnings = 0, _today(), list[str]()
    for file in files:
        for name, partner in file.settings().partners.items():
            number += 1
            addresses = "".join(f", from {address}" for address in partner.addresses)
            typer.echo(f"{file.stack}: {name}{addresses}{_receives(partner)}")
            for key in partner:
                typer.echo(f"  {described(key)}")
                warnings += [f"{file.stack}: {name}: {warning}"] if (warning := key.warning(today)) else []
    typer.echo(" ".join([f"{number} partner{'' if number == 1 else 's'}.", *warnings]))
    return 0


def _receives(partner: Partner) -> str:
    return f", receives files at {partner.deliver}" if partner.deliver else ""


def _with_home(file: StackFile, name: str) -> Partner:
    """Return a partner. Raises Refusal if the partner is unknown, or has an own server only."""
    partner = file.partner(name)
    if not partner.has_home:
        raise Refusal(
            f"{file.path}: {name} has an own server, and no user on the stack's: write public_keys for a user."
        )
    return partner


def _list_as_json(files: list[StackFile], only: str | None) -> int:
    """Print the partners of stacks, or only the partner of a name."""
    today = _today()
    partners = [
        {
            "stack": file.stack,
            "name": name,
            "addresses": [*partner.addresses],
            **({"deliver": partner.deliver} if partner.deliver else {}),
            "keys": [
                {
                    "fingerprint": key.fingerprint,
                    "expires": str(key.expires) if key.expires else None,
                    "warning": key.warning(today) or None,
                }
                for key in partner
            ],
        }
        for file in files
        for name, partner in file.settings().partners.items()
        if only in (None, name)
    ]
    typer.echo(json.dumps({"partners": partners}, indent=2))
    return 0


def _on(stack: str, act: Callable[[StackFile], int]) -> int:
    """Run a command on the file of a stack, and return its exit status."""
    try:
        return act(StackFile(repository(), stack))
    except (Refusal, ProjectError) as error:
        return refuse(str(error))


def _print(file: StackFile, name: str, settings: Settings, outputs: Path | None) -> int:
    try:
        sftp: Mapping[str, Any] = read_outputs(file.stack, file.project.service, outputs)["sftp"] or {}
    except (Refusal, KeyError, TypeError):
        if outputs:
            raise
        sftp = {}
    typer.echo(sheet(file.project.context, file.stack, name, settings, sftp))
    return 0


def _read(file: Path) -> PublicKey:
    try:
        return PublicKey.parse(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Refusal(f"{file} is not a file with a text: name the file of the public key, such as id.pub.") from None
    except ValueError as error:
        raise Refusal(f"{file} has {error}.") from None


def _entry(key: PublicKey, expires: date | None) -> dict[str, str]:
    return {"key": key.text, **({"expires": expires.isoformat()} if expires else {})}


def _ending(key: PublicKey, last: date) -> dict[str, str]:
    """Return a key that ends at the latest on the day `last`."""
    return _entry(key, min(key.expires or last, last))


def _today() -> date:
    return datetime.now(UTC).date()
