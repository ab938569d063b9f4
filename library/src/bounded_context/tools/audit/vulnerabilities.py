"""Known vulnerabilities of the locked packages: `uv audit` queries an OSV service."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from .finding import Finding
from .locked import CannotTell, reason, uv

_FORM: Final = ("--output-format", "json", "--preview-features", "audit-command,json-output")
_ENDED: Final = (0, 1)
"""uv's exit statuses with a result: no vulnerability, and some vulnerabilities."""


def vulnerabilities(root: Path, service: str | None = None) -> list[Finding]:
    """Return the findings for the packages of the lock in ``root``; ``service`` is the URL of another OSV service.

    Raises:
        CannotTell: the service could not be reached, no package was checked, or uv's output has another format.
    """
    elsewhere: Sequence[str] = ("--service-url", service) if service else ()
    done = uv(root, "audit", "--frozen", *_FORM, *elsewhere)
    if done.returncode not in _ENDED or not done.stdout:
        raise CannotTell(f"No service could be asked about known vulnerabilities: {reason(done)}.")
    try:
        report = json.loads(done.stdout)
        known, checked = list(_known(report)), report["summary"]["audited_packages"]
        found = [*known, *_statuses(report)]
    except (ValueError, KeyError, TypeError) as error:
        raise CannotTell(f"uv reports vulnerabilities in an unknown form ({error!r}).") from None
    if not checked or bool(known) != bool(done.returncode):
        raise CannotTell(f"uv looked at {checked} packages, found {len(known)} and ended with {done.returncode}.")
    return found


def _known(report: dict[str, Any]) -> Iterator[Finding]:
    for entry in report["vulnerabilities"]:
        package, names, versions = entry["dependency"], (entry["id"], *entry["aliases"]), entry["fix_versions"]
        fixed = f"fixed in {', '.join(versions)}" if versions else "not fixed in any version"
        words = f"{' alias '.join(names)}: {entry['summary'] or 'without a summary'} ({fixed})"
        sentence = f"{package['name']} {package['version']} has {words}."
        yield Finding(frozenset({package["name"], *names}), sentence)


def _statuses(report: dict[str, Any]) -> Iterator[Finding]:
    """Yield a finding for each package that the index marks as archived, deprecated or quarantined (PEP 792)."""
    for entry in report["adverse_statuses"]:
        why = f": {entry['reason']}" if entry.get("reason") else ""
        yield Finding(frozenset({entry["name"]}), f"{entry['name']} is {entry['status']} in its index{why}.")
