"""Which vulnerabilities are known in the locked packages: `uv audit` asks an OSV service."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from .finding import Finding
from .locked import CannotTell, reason, uv

_FORM: Final = ("--output-format", "json", "--preview-features", "audit-command,json-output")
_ENDED: Final = (0, 1)
"""uv's statuses when it has an answer: no vulnerability, and some."""


def vulnerabilities(root: Path, service: str | None = None) -> list[Finding]:
    """Return what is known about the packages of the lock in ``root``; ``service`` is the URL of another OSV service.

    Raises:
        CannotTell: the service was not reached, no package was looked at, or what uv says has another form.
    """
    elsewhere: Sequence[str] = ("--service-url", service) if service else ()
    done = uv(root, "audit", "--frozen", *_FORM, *elsewhere)
    if done.returncode not in _ENDED or not done.stdout:
        raise CannotTell(f"No service could be asked about known vulnerabilities: {reason(done)}.")
    try:
        said = json.loads(done.stdout)
        known, looked_at = list(_known(said)), said["summary"]["audited_packages"]
        found = [*known, *_statuses(said)]
    except (ValueError, KeyError, TypeError) as error:
        raise CannotTell(f"uv reports vulnerabilities in an unknown form ({error!r}).") from None
    if not looked_at or bool(known) != bool(done.returncode):
        raise CannotTell(f"uv looked at {looked_at} packages, found {len(known)} and ended with {done.returncode}.")
    return found


def _known(said: dict[str, Any]) -> Iterator[Finding]:
    for one in said["vulnerabilities"]:
        package, names = one["dependency"], (one["id"], *one["aliases"])
        fixed = f"fixed in {', '.join(one['fix_versions'])}" if one["fix_versions"] else "not fixed in any version"
        words = f"{' alias '.join(names)}: {one['summary'] or 'without a summary'} ({fixed})"
        sentence = f"{package['name']} {package['version']} has {words}."
        yield Finding(frozenset({package["name"], *names}), sentence)


def _statuses(said: dict[str, Any]) -> Iterator[Finding]:
    """Yield the packages that the index marks: as archived, deprecated or quarantined (PEP 792)."""
    for one in said["adverse_statuses"]:
        why = f": {one['reason']}" if one.get("reason") else ""
        yield Finding(frozenset({one["name"]}), f"{one['name']} is {one['status']} in its index{why}.")
