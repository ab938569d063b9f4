"""The packages in a repository's lock, by `uv export` and `uv audit`: bill of materials and known vulnerabilities."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final, NamedTuple

from ...configuration.project import ProjectError
from .licences import licence_of, spdx

Document = dict[str, Any]

_EXPORT: Final = ("--format", "cyclonedx1.5", "--preview-features", "sbom-export")
_AUDIT: Final = ("--output-format", "json", "--preview-features", "audit-command,json-output")
_MARKER: Final = "uv:package:marker"


class UnknownResult(ProjectError):
    """The error for an unknown result, for example without a network; the message is one sentence."""


class Finding(NamedTuple):
    """A finding as a sentence. A team may accept it by each of ``names``: the package's name, and its ids."""

    names: frozenset[str]
    sentence: str


def sbom(root: Path) -> Document:
    """Return the packages of the lock in ``root`` as a CycloneDX 1.5 document, with licences.

    A component's scope is ``required`` if functions run it, and ``excluded`` if it is a development tool.

    Raises:
        UnknownResult: uv is not installed, or cannot read the lock.
    """
    required = {(component["name"], component["version"]) for component in _export(root, "--no-dev")["components"]}
    document = _export(root)
    for component in document["components"]:
        is_required = (component["name"], component["version"]) in required
        component["scope"] = "required" if is_required else "excluded"
        package = installed(component)
        if licence := licence_of(package) if package else ():
            component["licenses"] = _licences(licence)
    return document


def installed(component: Document) -> Distribution | None:
    """Return the installed package of a component's version, or None."""
    try:
        found = distribution(component["name"])
    except PackageNotFoundError:
        return None
    return found if found.version == component["version"] else None


def is_for_other_platforms(component: Document) -> bool:
    """Return whether the lock restricts a component to some platforms or Python versions."""
    return any(entry["name"] == _MARKER for entry in component.get("properties", ()))


def vulnerabilities(root: Path, service: str | None = None) -> list[Finding]:
    """Return the findings for the packages of the lock in ``root``; ``service`` is the URL of another OSV service.

    Raises:
        UnknownResult: the service could not be reached, no package was checked, or uv's output has another format.
    """
    done = uv(root, "audit", "--frozen", *_AUDIT, *(("--service-url", service) if service else ()))
    # uv's exit status is 0 without a vulnerability, and 1 with vulnerabilities.
    if done.returncode not in (0, 1) or not done.stdout:
        raise UnknownResult(f"No service could be asked about known vulnerabilities: {_reason(done)}.")
    try:
        report = json.loads(done.stdout)
        known, checked = list(_known(report)), report["summary"]["audited_packages"]
        found = [*known, *_statuses(report)]
    except (ValueError, KeyError, TypeError) as error:
        raise UnknownResult(f"uv reports vulnerabilities in an unknown form ({error!r}).") from None
    if not checked or bool(known) != bool(done.returncode):
        raise UnknownResult(f"uv checked {checked} packages, found {len(known)} and ended with {done.returncode}.")
    return found


def uv(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run uv in a folder: the uv that started this process, or else the uv on the PATH. Raises UnknownResult."""
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        raise UnknownResult("uv is not on the PATH: install it (for instance by `pipx install uv`).")
    return subprocess.run([found, *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603


def _export(root: Path, *options: str) -> Document:
    done = uv(root, "export", "--frozen", "--quiet", *_EXPORT, *options)
    if done.returncode:
        raise UnknownResult(f"uv cannot export the lock: {_reason(done)}")
    return json.loads(done.stdout)


def _reason(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the reason of uv's failure: its error, and the last of its causes."""
    lines = (line.strip().partition(": ") for line in done.stderr.splitlines())
    causes = [text.strip() for head, _, text in lines if head in ("error", "cause")]
    return ", ".join(dict.fromkeys([*causes[:1], *causes[-1:]])) or f"it ended with {done.returncode}"


def _licences(licence: tuple[str, ...]) -> list[Document]:
    if len(licence) == 1 and spdx(licence[0]):
        return [{"expression": licence[0]}]
    return [{"license": {"name": name}} for name in licence]


def _known(report: Document) -> Iterator[Finding]:
    for entry in report["vulnerabilities"]:
        package, names, versions = entry["dependency"], (entry["id"], *entry["aliases"]), entry["fix_versions"]
        fixed = f"fixed in {', '.join(versions)}" if versions else "not fixed in any version"
        words = f"{' alias '.join(names)}: {entry['summary'] or 'without a summary'} ({fixed})"
        yield Finding(frozenset({package["name"], *names}), f"{package['name']} {package['version']} has {words}.")


def _statuses(report: Document) -> Iterator[Finding]:
    """Yield a finding for each package that the index marks as archived, deprecated or quarantined (PEP 792)."""
    for entry in report["adverse_statuses"]:
        why = f": {entry['reason']}" if entry.get("reason") else ""
        yield Finding(frozenset({entry["name"]}), f"{entry['name']} is {entry['status']} in its index{why}.")
