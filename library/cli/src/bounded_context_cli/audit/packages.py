"""The packages in locks, by `uv export` and `uv audit`: bill of materials and known vulnerabilities."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final, NamedTuple

from bounded_context_infra.configuration.project import ProjectError

from .licences import TOOLS, licence_of, spdx

Document = dict[str, Any]

_EXPORT: Final = ("--format", "cyclonedx1.5", "--preview-features", "sbom-export")
_AUDIT: Final = ("--output-format", "json", "--preview-features", "audit-command,json-output")
_MARKER: Final = "uv:package:marker"
LISTED: Final = "bounded-context:requirements"
"""The property of a component that no lock contains, but a list of requirements of a step."""


class UnknownResult(ProjectError):
    """The error for an unknown result, for example without a network; the message is a sentence."""


class Finding(NamedTuple):
    """A finding as a sentence. A team may accept it by each of ``names``: the package's name, and its ids."""

    names: frozenset[str]
    sentence: str


def sbom(root: Path, *others: Path) -> Document:
    """Return the packages of the locks in ``root`` and in other folders as a CycloneDX 1.5 document, with licences.

    A component's scope is ``required`` if functions run it, and ``excluded`` if it is a tool of development or of a
    step.

    Raises:
        UnknownResult: uv is not installed, or cannot read the lock.
    """
    required = {(component["name"], component["version"]) for component in _export(root, "--no-dev")["components"]}
    document = _export(root)
    for other in map(_export, others):
        listed = {"properties": [{"name": LISTED, "value": "true"}]}
        document["components"] += [component | listed for component in other["components"]]
        document["dependencies"] += [entry for entry in other["dependencies"] if "dependsOn" not in entry]
    for component in document["components"]:
        is_required = (component["name"], component["version"]) in required
        component["scope"] = "required" if is_required else "excluded"
        if names := licence(component):
            component["licenses"] = _licences(names)
    return document


def licence(component: Document) -> tuple[str, ...] | None:
    """Return the licence of a component, as `licence_of`; None if its version is not installed here.

    A listed component has the licence of another version, or of `TOOLS`: other environments install it.
    """
    listed = _has(component, LISTED)
    try:
        package = distribution(component["name"])
    except PackageNotFoundError:
        return TOOLS.get(component["name"]) if listed else None
    return licence_of(package) if listed or package.version == component["version"] else None


def is_for_other_platforms(component: Document) -> bool:
    """Return whether the lock restricts a component to some platforms or Python versions."""
    return _has(component, _MARKER)


def _has(component: Document, name: str) -> bool:
    return any(entry["name"] == name for entry in component.get("properties", ()))


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
