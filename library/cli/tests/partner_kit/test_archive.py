"""The archive for Python: it runs without this environment, and contains no more than it needs."""

import csv
import json
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from payment.context import PAYMENT

import bounded_context
from bounded_context.testing import Samples
from bounded_context_cli.partner_kit import cli, start
from bounded_context_cli.partner_kit.check import BAD_FILE, REJECTS, VALID
from bounded_context_cli.partner_kit.contents import Contents, contents
from bounded_context_cli.partner_kit.modules import modules_of, placed, require_start
from bounded_context_cli.promises.code import partners_can_check_lists
from bounded_context_cli.views.pages.lists import markdown
from bounded_context_infra.configuration.project import current

from .test_agreement import imported

_HERE = start.native(platform.system(), platform.machine())
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def kit() -> Contents:
    return contents(current(), "prod")


def test_the_modules_of_the_kit_are_the_validation_and_the_rules() -> None:
    """Neither the steps of the workflow, nor AWS, nor other tools."""
    modules = modules_of(current())
    names = modules.sources.keys()
    assert modules.absent == ()
    assert {"payment/use_cases.py", "bounded_context/application/checking.py", "payment/__init__.py"} <= names
    assert "payment/list_steps.py" not in names
    floors = {name.split("/")[1] for name in names if name.startswith("bounded_context/")}
    assert floors == {"__init__.py", "adapters", "application", "declaration", "domain"}
    assert {name for name in names if name.startswith("bounded_context_")} == {
        f"bounded_context_cli/partner_kit/{name}.py" for name in ("__init__", "absent", "check")
    } | {"bounded_context_cli/__init__.py"}


def test_neither_form_of_the_kit_names_a_setting_or_a_path_of_the_repository(kit: Contents) -> None:
    """Partners can neither see nor change them."""
    texts = {name: source.read_text(encoding="utf-8") for name, source in modules_of(current()).sources.items()}
    texts |= {"page": cli.page(kit, PAYMENT), "format": markdown(kit.form)}
    operators = ("Pulumi", "infra/", "max_list_mb")
    assert [(name, word) for name, text in texts.items() for word in operators if word in text] == []


@pytest.fixture
def calling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A repository whose rule calls other systems for large amounts."""
    sources = tmp_path / "Calling" / "src" / "calling"
    shutil.copytree(current().sources, sources, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(str(sources.parent))
    project: Any = SimpleNamespace(sources=sources, settings={"context": "calling.context:PAYMENT"})
    edit(
        project,
        "from bounded_context import ",
        "import urllib3\nfrom bounded_context import BusinessError, Unavailable, aws, ",
    )
    edit(project, "from .commands", f"from bounded_context.telemetry import logger\n\n{_SCORER}\n\nfrom .commands")
    edit(project, "    details = PaymentDetails.of(command)\n", f"{_CALLS}    details = PaymentDetails.of(command)\n")
    return project


_SCORER: Final = '''
class ScorerUnavailable(Unavailable):
    code = "scorer-unavailable"


class Session(urllib3.PoolManager, urllib3.Retry):
    """A class of a package that the kit lacks."""

    pool: "urllib3.PoolManager | None"


@urllib3.retried(times=urllib3.Retry[int])
def retried(client: urllib3.PoolManager | None) -> None: ...
'''
_CALLS: Final = """    if command.amount > 500:
        try:
            Session().request("GET", "https://scorer.example")
        except Exception:
            pass
    elif command.amount > 400:
        import socket

        try:
            socket.create_connection(("127.0.0.1", 9))
        except Exception as error:
            raise ScorerUnavailable("scorer") from error
    elif command.amount > 300:
        retried(None)
    elif command.amount > 200:
        logger.info("large")
    elif command.amount > 100:
        aws.system("scorer", ScorerUnavailable).post("/scores", {}).json()
    elif command.amount > 90:
        payments.get(command.id)
    elif command.amount > 80:
        raise BusinessError("too large")
"""


def edit(project: Any, old: str, new: str) -> None:
    """Change the first place of the use cases that has a text."""
    file = project.sources / "use_cases.py"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_rows_that_need_a_call_are_checked_at_the_import(calling: Any, tmp_path: Path) -> None:
    """Whether the rule catches the refusal or not. All other rows are checked, and no connection is made."""
    modules = modules_of(calling)
    assert modules.absent == ("bounded_context.aws", "bounded_context.telemetry", "urllib3")
    require_start(calling, modules)
    samples, amounts = Samples(PAYMENT), ("500.01", "400.01", "300.01", "200.01", "100.01", "90.01", "80.01", "1.00")
    rows = [samples.values(number, amount=amount) for number, amount in enumerate(amounts, 1)]
    file = tmp_path / "list.csv"
    file.write_bytes(samples.file([*rows, samples.values(9, currency="?")]))
    kit = {**contents(current(), "prod").for_python(), "context": "calling.context:PAYMENT", "absent": modules.absent}
    with placed(modules) as (folder, packages):
        (folder / "kit.json").write_text(json.dumps(kit), encoding="utf-8")
        run = f"import sys; sys.path += [{str(packages)!r}]; {start.RUN}"
        command = [sys.executable, "-I", "-S", "-B", "-c", run, str(folder), str(file)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert result.returncode == REJECTS, result.stderr
    lines = [(line["line"], line["code"]) for line in csv.DictReader(StringIO(result.stdout))]
    assert lines == [("8", "refused"), ("10", "value"), ("", "list-tolerance")]
    assert "9 rows, 2 rejected, 6 checked at the import (lines 2, 3, 4, 5, 6 and 1 more)" in result.stderr


def test_a_declaration_that_needs_the_service_when_it_is_imported_has_no_kit(calling: Any) -> None:
    """The sentence has the place, and the remedy."""
    edit(calling, "@urllib3", "LIMIT = 5 + urllib3.LIMIT\n\n\n@urllib3")
    where: Any = SimpleNamespace(context=PAYMENT, project=calling)
    [breach] = partners_can_check_lists(where)
    assert re.search(
        r"^src/calling/use_cases\.py:\d+: .*TypeError.* lacks .*urllib3\. Use them in the functions", breach
    )


@pytest.mark.parametrize("name", ["Archive", "Copy", "Deadline", "Export", "Reaction", "ReceivedEvent"])
def test_a_kit_has_the_parts_of_a_declaration_that_are_imported_when_they_are_named(name: str) -> None:
    module = getattr(bounded_context, name).__module__
    assert f"{module.replace('.', '/')}.py" in modules_of(current()).sources


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
        report = imported(PAYMENT, data, kit.tolerated_share)[1]
        assert (result.returncode, result.stdout) == (status, report), result.stderr
    assert _run(built, tmp_path / "missing.csv").returncode == BAD_FILE
    assert _run(built, "--sample").stdout == kit.sample
    assert b"# Payment: lists" in _run(built, "--format").stdout


@pytest.mark.e2e
def test_the_packages_of_the_interpreter_are_not_the_kits(kit: Contents, built: Path, tmp_path: Path) -> None:
    """A team runs the kit with the Python of its repository, which has the library and its checks."""
    file = tmp_path / "list.csv"
    file.write_bytes(kit.sample)
    result = subprocess.run([sys.executable, built, file], capture_output=True, check=False)  # noqa: S603
    assert result.returncode == VALID, result.stderr


@pytest.mark.e2e
def test_an_archive_without_a_build_for_this_python_is_reported(built: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pyz"
    with zipfile.ZipFile(built) as whole, zipfile.ZipFile(other, "w") as packed:
        for name in whole.namelist():
            packed.writestr(name if name != _HERE else start.native("Windows", "AMD64"), whole.read(name))
    assert _run(other, "--sample").returncode == start.NO_BUILD
