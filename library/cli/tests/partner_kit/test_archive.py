"""The archive for Python: it runs without this environment, and contains no more than it needs."""

import csv
import platform
import subprocess
import sys
import zipfile
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from payment.context import PAYMENT

from bounded_context_cli.partner_kit import cli, start
from bounded_context_cli.partner_kit.check import BAD_FILE, REJECTS, VALID
from bounded_context_cli.partner_kit.contents import Contents, contents
from bounded_context_infra.configuration.project import current

from .test_agreement import imported

_HERE = start.native(platform.system(), platform.machine())
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def kit() -> Contents:
    return contents(current(), "prod")


def test_the_modules_of_the_kit_are_the_validation_and_the_rules() -> None:
    """Neither the steps of the workflow, nor AWS, nor other tools."""
    names = {name for name, _ in cli._sources(current())}
    assert {"payment/use_cases.py", "bounded_context/application/checking.py", "payment/__init__.py"} <= names
    assert "payment/list_steps.py" not in names
    floors = {name.split("/")[1] for name in names if name.startswith("bounded_context/")}
    assert floors == {"__init__.py", "adapters", "application", "declaration", "domain"}
    assert {name for name in names if name.startswith("bounded_context_")} == {
        f"bounded_context_cli/{name}.py" for name in ("__init__", "partner_kit/__init__", "partner_kit/check")
    }


def test_a_rule_with_a_package_that_the_kit_lacks_is_refused() -> None:
    """The steps of the workflow import AWS's packages."""
    project = replace(current(), settings={"context": "payment.list_steps:PAYMENT"})
    with pytest.raises(cli.KitError, match=r"list_steps -> .*: a partner kit does not contain "):
        list(cli._sources(project))


def test_the_samples_have_the_faults_that_their_names_promise(kit: Contents) -> None:
    [sample, broken] = [imported(PAYMENT, data)[1].decode() for data in (kit.sample, kit.broken)]
    assert sample.count("\r\n") == 1
    assert [line["code"] for line in csv.DictReader(StringIO(broken))][:3] == ["value", "repeated", "cells"]


@pytest.fixture(scope="module")
def built(kit: Contents, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive for this machine."""
    path = tmp_path_factory.mktemp("kit") / "lists.pyz"
    cli.write(path, current(), kit.for_python(), [_PYTHON], {_HERE: cli.PLATFORMS[_HERE]})
    return path


def _run(built: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[bytes]":
    command = [sys._base_executable, "-I", "-S", built, *arguments]  # pyrefly: ignore[missing-attribute] (CPython's own attribute)
    return subprocess.run(command, cwd=built.parent, env={}, capture_output=True, check=False)  # noqa: S603


@pytest.mark.e2e
def test_the_archive_writes_the_report_of_the_import(kit: Contents, built: Path, tmp_path: Path) -> None:
    """It has its own packages: the interpreter has none."""
    good, rejected = kit.sample, kit.broken
    cases = {good: VALID, rejected: REJECTS, b"": BAD_FILE, good + b"\xff": BAD_FILE, b"a" + good: BAD_FILE}
    for number, (data, status) in enumerate(cases.items()):
        file = tmp_path / f"{number} list.csv"
        file.write_bytes(data)
        result = _run(built, file)
        report = imported(PAYMENT, data, kit.tolerated_share)[1].replace(b"partners.acme", b"partners.<partner>")
        assert (result.returncode, result.stdout) == (status, report), result.stderr
    assert _run(built, tmp_path / "missing.csv").returncode == BAD_FILE
    assert _run(built, "--sample").stdout == kit.sample
    assert b"# Payment: lists" in _run(built, "--format").stdout


@pytest.mark.e2e
def test_an_archive_without_a_build_for_this_python_is_reported(built: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pyz"
    with zipfile.ZipFile(built) as whole, zipfile.ZipFile(other, "w") as packed:
        for name in whole.namelist():
            packed.writestr(name if name != _HERE else start.native("Windows", "AMD64"), whole.read(name))
    assert _run(other, "--sample").returncode == start.NO_BUILD
