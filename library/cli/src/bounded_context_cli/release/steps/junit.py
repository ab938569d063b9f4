"""Reports in JUnit XML, which CodeBuild reads."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, ElementTree, SubElement

from bounded_context_infra.configuration.project import Project


class Case(NamedTuple):
    """A test case; `failure` is the reason of a failure."""

    group: str
    name: str
    failure: str | None = None


def report(project: Project, step: str) -> Path:
    """Return the path of a step's report, in the folder that the buildspecs name."""
    return project.build / "reports" / f"{step}.xml"


def write(path: Path, suite: str, cases: Sequence[Case]) -> None:
    """Write the cases as a suite, and create the folder."""
    failures = sum(case.failure is not None for case in cases)
    root = Element("testsuite", name=suite, tests=str(len(cases)), failures=str(failures), errors="0", skipped="0")
    for case in cases:
        element = SubElement(root, "testcase", classname=case.group, name=case.name, time="0")
        if case.failure is not None:
            SubElement(element, "failure", message=case.failure)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
