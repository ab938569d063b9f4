"""The audit of the locked packages: their bill of materials, licences, and known vulnerabilities.

uv exports the lock as a bill of materials and queries an OSV service. This package adds the licences and judges both
results. It never reports success if a query failed.

A team accepts a finding in its ``pyproject.toml``, by the vulnerability's id or the package's name, with a reason::

    [tool.bounded-context.audit.accepted]
    GHSA-xxxx-xxxx-xxxx = "we never parse what others send"
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final, NamedTuple, TextIO

from boolean import ParseError
from license_expression import AND, OR, ExpressionError, get_spdx_licensing
from typer import Option

from bounded_context_infra.configuration.project import Project, ProjectError

from .command.installed import repository
from .command.output import refuse
from .command.values import AsJson
from .programs.environment import LAYER
from .programs.pulumi_files import PIPELINE, settings, stack_file

ACCEPTED: Final = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "EPL-2.0", "ISC", "MIT"),
        *("MIT-0", "MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib"),
        *("BSD", "BSD License"),
    }
)
"""The licences that permit a closed service to use an unchanged package, by SPDX id (spdx.org/licenses).

EPL and MPL only require the sources of changed packages. A package with the licence "BSD" has one of the BSD licences,
all of which require their notice.
"""

TOOLS: Final = {
    "debugpy": ("MIT",),
    "pulumi-policy": ("Apache-2.0",),
    "setuptools": ("MIT",),
    "uv": ("MIT OR Apache-2.0",),
}
"""The licences of tools that a step installs outside of the repository's environment, as in their metadata."""

_SPDX: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib",
}
"""The SPDX ids of licence names that PyPI's classifiers or packages use."""

_CLASSIFIER: Final = "License :: "
_NO_LICENCE: Final = "OSI Approved"
"""A classifier that names no particular licence."""

_LICENSING: Final = get_spdx_licensing()
_LONGEST: Final = 60
"""The maximum characters of a printed licence: some packages put the whole text into the field."""


def licence_of(package: Distribution) -> tuple[str, ...]:
    """Return a package's licence: one SPDX expression, or names that all apply; empty if it declares none.

    The order is the licence expression (PEP 639), the text field if it is an expression, and the classifiers.
    """
    metadata = package.metadata
    classifiers = [text for text in metadata.get_all("Classifier") or () if text.startswith(_CLASSIFIER)]
    names = [classifier.rpartition(" :: ")[2] for classifier in classifiers]
    expression, text = (_first(metadata.get_all(field)) for field in ("License-Expression", "License"))
    for declared in (expression, text):
        if licence := spdx(declared):
            return (licence,)
    names = [spdx(name) or name for name in names if name != _NO_LICENCE] or ([text[:_LONGEST]] if text else [])
    return tuple(dict.fromkeys(names))


def spdx(text: str) -> str | None:
    """Return a text as an SPDX expression, or None if it is neither an expression nor a known name."""
    expression = _parsed(_SPDX.get(text, text))
    return None if expression is None else expression.render()


def is_accepted(licence: tuple[str, ...]) -> bool:
    """Return whether all licences of a package are accepted, for ``OR`` at least one. No licence is not accepted."""
    return bool(licence) and not list(refused(licence))


def refused(licence: tuple[str, ...]) -> Iterator[str]:
    """Yield the licences of a package that are not accepted."""
    yield from (name for name in licence if name not in ACCEPTED and not _holds(_parsed(name)))


def _first(values: list[str] | None) -> str:
    return (values or [""])[0].strip().partition("\n")[0]


def _parsed(text: str) -> Any:
    try:
        return _LICENSING.parse(text, validate=True, strict=True)
    except (ExpressionError, ParseError):
        return None


def _holds(expression: Any) -> bool:
    if isinstance(expression, AND | OR):
        values = [_holds(part) for part in expression.args]
        return all(values) if isinstance(expression, AND) else any(values)
    # A licence with an exception counts as the licence alone: exceptions only add permissions.
    return expression is not None and getattr(expression, "license_symbol", expression).key in ACCEPTED


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
    process = uv(root, "audit", "--frozen", *_AUDIT, *(("--service-url", service) if service else ()))
    # uv's exit status is 0 without a vulnerability, and 1 with vulnerabilities.
    if process.returncode not in (0, 1) or not process.stdout:
        raise UnknownResult(f"No service could be asked about known vulnerabilities: {_reason(process)}.")
    try:
        report = json.loads(process.stdout)
        known, checked = list(_vulnerability_findings(report)), report["summary"]["audited_packages"]
        findings = [*known, *_statuses(report)]
    except (ValueError, KeyError, TypeError) as error:
        raise UnknownResult(f"uv reports vulnerabilities in an unknown form ({error!r}).") from None
    if not checked or bool(known) != bool(process.returncode):
        raise UnknownResult(f"uv checked {checked} packages, found {len(known)} and ended with {process.returncode}.")
    return findings


def uv(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run uv in a folder: the uv that started this process, or else the uv on the PATH. Raises UnknownResult."""
    executable = os.environ.get("UV") or shutil.which("uv")
    if executable is None:
        raise UnknownResult("uv is not on the PATH: install it (for instance by `pipx install uv`).")
    return subprocess.run([executable, *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603


def _export(root: Path, *options: str) -> Document:
    process = uv(root, "export", "--frozen", "--quiet", *_EXPORT, *options)
    if process.returncode:
        raise UnknownResult(f"uv cannot export the lock: {_reason(process)}")
    return json.loads(process.stdout)


def _reason(process: "subprocess.CompletedProcess[str]") -> str:
    """Return the reason of uv's failure: its error, and the last of its causes."""
    lines = (line.strip().partition(": ") for line in process.stderr.splitlines())
    causes = [text.strip() for head, _, text in lines if head in ("error", "cause")]
    return ", ".join(dict.fromkeys([*causes[:1], *causes[-1:]])) or f"it ended with {process.returncode}"


def _licences(licence: tuple[str, ...]) -> list[Document]:
    if len(licence) == 1 and spdx(licence[0]):
        return [{"expression": licence[0]}]
    return [{"license": {"name": name}} for name in licence]


def _vulnerability_findings(report: Document) -> Iterator[Finding]:
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


_POLICIES: Final = Path(__file__).parent / "data" / "policies.txt"
_PIN: Final = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)
_SOURCE: Final = 'source = {{ registry = "{}" }}'


def requirements(project: Project) -> Iterator[Path]:
    """Yield the lists of packages that a step installs besides the lock: uv, and a configured policy pack."""
    yield from project.pipeline.glob("requirements.txt")
    if stack_file(project.pipeline, PIPELINE).is_file() and "policies" in settings(project.pipeline, PIPELINE):
        yield from (_POLICIES, LAYER)


@contextmanager
def locks(project: Project) -> Iterator[list[Path]]:
    """Yield the folders with locks of the packages of steps: the repository, and one for the other lists."""
    locked = _locked(project)
    pins = {pin for file in requirements(project) for pin in _PIN.findall(file.read_text(encoding="utf-8"))}
    pins -= {(entry["name"], entry.get("version")) for entry in locked}
    registries = [entry["source"]["registry"] for entry in locked if "registry" in entry["source"]]
    with TemporaryDirectory() as folder:
        if pins:
            _write_steps(Path(folder), sorted(pins), registries[0] if registries else "index")
        yield [project.root, *([Path(folder)] if pins else [])]


def _write_steps(folder: Path, pins: Sequence[tuple[str, str]], registry: str) -> None:
    """Write a project with a lock of these packages, as `uv export` and `uv audit` read it."""
    required = ", ".join(f'"{name}=={version}"' for name, version in pins)
    own, python = 'name = "steps"\nversion = "0"\n', 'requires-python = ">=3.11"\n'
    entries = [f'name = "{name}"\nversion = "{version}"\n{_SOURCE.format(registry)}' for name, version in pins]
    dependencies = ", ".join(f"{{ {', '.join(entry.splitlines())} }}" for entry in entries)
    packages = (f'{own}source = {{ virtual = "." }}\ndependencies = [{dependencies}]', *entries)
    lock = "".join(f"\n[[package]]\n{entry}\n" for entry in packages)
    (folder / "pyproject.toml").write_text(f"[project]\n{own}{python}dependencies = [{required}]\n", encoding="utf-8")
    (folder / "uv.lock").write_text(f"version = 1\n{python}{lock}", encoding="utf-8")


def _locked(project: Project) -> list[dict[str, Any]]:
    lock = project.root / "uv.lock"
    return tomllib.loads(lock.read_text(encoding="utf-8"))["package"] if lock.is_file() else []


CLEAN: Final = 0
FOUND: Final = 1


def audit(
    service_url: Annotated[str | None, Option(help="another OSV service than uv's, such as a mirror")] = None,
    as_json: AsJson = False,
) -> int:
    """Check the packages of the steps for known vulnerabilities and for their licences; write an SBOM.

    Examples:
      context audit                                         ask uv's own service
      context audit --service-url https://osv.example.com   ask a mirror
      context audit --json                                  the findings as JSON

    Exit status:
      0  no finding, or all findings are accepted
      1  a finding is not accepted
      2  unknown, for example because the service does not answer
    """
    try:
        project = repository()
        accepted = _accepted(project)
        with locks(project) as folders:
            document = sbom(*folders)
            _write(project, document, sys.stderr if as_json else sys.stdout)
            licences = [*_of_licences(document)]
            status = CLEAN if as_json else _print(licences, accepted)
            known = [finding for folder in folders for finding in vulnerabilities(folder, service_url)]
            if as_json:
                return _print_json([*licences, *known], accepted)
            return max(status, _print(known, accepted))
    except ProjectError as error:
        return refuse(str(error))


def _write(project: Project, document: Document, progress: TextIO) -> None:
    path = project.build / "audit" / "sbom.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    required = sum(component["scope"] == "required" for component in document["components"])
    packages = f"{len(document['components'])} packages, of which functions run {required}"
    progress.write(f"{path.relative_to(project.root)}: {packages} (CycloneDX {document['specVersion']})\n")


def _print(findings: Sequence[Finding], accepted: Mapping[str, str]) -> int:
    status = CLEAN
    for names, sentence in findings:
        reason = _acceptance(names, accepted)
        sys.stdout.write(f"{sentence}\n" if reason is None else f"{sentence} Accepted: {reason}\n")
        status = FOUND if reason is None else status
    return status


def _print_json(findings: Sequence[Finding], accepted: Mapping[str, str]) -> int:
    entries = [
        {"finding": sentence, "names": sorted(names), "accepted": _acceptance(names, accepted)}
        for names, sentence in findings
    ]
    sys.stdout.write(json.dumps({"findings": entries}, indent=2) + "\n")
    return FOUND if any(entry["accepted"] is None for entry in entries) else CLEAN


def _acceptance(names: Collection[str], accepted: Mapping[str, str]) -> str | None:
    """Return the reason why a finding is accepted, or None."""
    return next((accepted[name] for name in sorted({*names} & {*accepted})), None)


def _of_licences(document: Document) -> Iterator[Finding]:
    for component in document["components"]:
        name, names = f"{component['name']} {component['version']}", licence(component)
        if names is None:
            if is_for_other_platforms(component):
                continue
            raise UnknownResult(f"{name} is in the lock and not installed here: run `uv sync`.")
        if not is_accepted(names):
            under = " and ".join(refused(names)) or "no licence that it names"
            yield Finding(frozenset({component["name"]}), f"{name} is under {under}, which is not accepted.")


def _accepted(project: Project) -> Mapping[str, str]:
    reasons = project.settings.get("audit", {}).get("accepted", {})
    for name, reason in reasons.items():
        if not isinstance(reason, str) or not reason.strip():
            raise UnknownResult(f"[tool.bounded-context.audit.accepted] {name} has no reason: write one, as text.")
    return reasons
