"""`context audit`: the bill of materials in ``build/audit/sbom.json``, vulnerabilities and licences of the packages.

A team accepts a finding in its ``pyproject.toml``, by the vulnerability's id or the package's name, with a reason::

    [tool.bounded-context.audit.accepted]
    GHSA-xxxx-xxxx-xxxx = "we never parse what others send"
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from typer import Option

from bounded_context_infra.configuration.project import Project, ProjectError

from ..command.installed import repository
from ..command.output import refuse
from .licences import is_accepted, refused
from .packages import Document, Finding, UnknownResult, is_for_other_platforms, licence, sbom, vulnerabilities
from .steps import locks

CLEAN: Final = 0
FOUND: Final = 1


def audit(
    service_url: Annotated[str | None, Option(help="another OSV service than uv's, such as a mirror")] = None,
) -> int:
    """Check the packages of the steps for known vulnerabilities and for their licences; write an SBOM.

    Examples:
      context audit                                         ask uv's own service
      context audit --service-url https://osv.example.com   ask a mirror

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
            _write(project, document)
            status = _print(list(_of_licences(document)), accepted)
            known = [finding for folder in folders for finding in vulnerabilities(folder, service_url)]
            return max(status, _print(known, accepted))
    except ProjectError as error:
        return refuse(str(error))


def _write(project: Project, document: Document) -> None:
    path = project.build / "audit" / "sbom.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    required = sum(component["scope"] == "required" for component in document["components"])
    packages = f"{len(document['components'])} packages, of which functions run {required}"
    sys.stdout.write(f"{path.relative_to(project.root)}: {packages} (CycloneDX {document['specVersion']})\n")


def _print(findings: Sequence[Finding], accepted: Mapping[str, str]) -> int:
    status = CLEAN
    for names, sentence in findings:
        reasons = [accepted[name] for name in sorted(names & set(accepted))]
        sys.stdout.write(f"{sentence} Accepted: {reasons[0]}\n" if reasons else f"{sentence}\n")
        status = status if reasons else FOUND
    return status


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
    given = project.settings.get("audit", {}).get("accepted", {})
    for name, reason in given.items():
        if not isinstance(reason, str) or not reason.strip():
            raise UnknownResult(f"[tool.bounded-context.audit.accepted] {name} has no reason: write one, as text.")
    return given
