"""An audit of a small repository: with uv itself, against a service that stands in for OSV."""

import json
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from bounded_context_cli import audit
from bounded_context_cli.audit import CLEAN, FOUND, LISTED, uv
from bounded_context_cli.command.aws_errors import REFUSED
from bounded_context_infra.configuration.project import VARIABLE
from tests.console import context

from .osv import ALIAS, ID, Service, serving

NOWHERE = "http://127.0.0.1:9"
"""The port that throws everything away, where nobody listens."""

_PYPROJECT = """\
[project]
name = "payment"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["idna", "copyleft"]

[dependency-groups]
dev = ["pluggy", "elsewhere; sys_platform == 'win32'"]

[tool.bounded-context]
context = "payment.context:PAYMENT"
"""
_OURS = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "payment"
version = "0.1.0"
source = { editable = "." }
dependencies = [{ name = "idna" }, { name = "copyleft" }]

[package.dev-dependencies]
dev = [{ name = "pluggy" }, { name = "elsewhere", marker = "sys_platform == 'win32'" }]
"""
_PACKAGE = """
[[package]]
name = "{name}"
version = "{version}"
source = {{ registry = "wheels" }}
wheels = [{{ path = "{name}-{version}-py3-none-any.whl", hash = "sha256:{hash}" }}]
"""
_METADATA = "Metadata-Version: 2.4\nName: copyleft\nVersion: 1.0\n{}\n"

Says = Callable[[str], None]


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Says:
    """Lets the package `copyleft` say something of its licence."""
    monkeypatch.syspath_prepend(str(tmp_path / "installed"))
    folder = tmp_path / "installed" / "copyleft-1.0.dist-info"
    folder.mkdir(parents=True)

    def say(text: str) -> None:
        (folder / "METADATA").write_text(_METADATA.format(text))

    say("License-Expression: MIT")
    return say


@pytest.fixture
def repository(tmp_path: Path, says: Says, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a repository whose functions run `idna` and `copyleft`, and whose tool is `pluggy`."""
    root = tmp_path / "payment"
    root.mkdir()
    (root / "pyproject.toml").write_text(_PYPROJECT)
    locked = {"copyleft": "1.0", "elsewhere": "2.0", "idna": version("idna"), "pluggy": version("pluggy")}
    listed = (
        _PACKAGE.format(name=name, version=locked_version, hash="0" * 64) for name, locked_version in locked.items()
    )
    (root / "uv.lock").write_text(_OURS + "".join(listed))
    monkeypatch.delenv(VARIABLE)
    monkeypatch.chdir(root)
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    return root


@pytest.fixture
def clean() -> Iterator[Service]:
    """A service that knows of nothing."""
    with serving() as service:
        yield service


@pytest.fixture
def knowing() -> Iterator[Service]:
    """A service that knows of a vulnerability of `idna`."""
    with serving("idna") as service:
        yield service


def _sbom(root: Path) -> dict[str, Any]:
    return json.loads((root / "build" / "audit" / "sbom.json").read_text(encoding="utf-8"))


def _accept(root: Path, line: str) -> None:
    (root / "pyproject.toml").write_text(f"{_PYPROJECT}\n[tool.bounded-context.audit.accepted]\n{line}\n")


@pytest.mark.usefixtures("repository")
def test_a_bill_without_known_vulnerabilities_has_no_findings(
    clean: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every package of the lock was asked for, and what is the context's own was not."""
    assert context("audit", "--service-url", clean.url) == CLEAN
    assert clean.packages == {"copyleft", "elsewhere", "idna", "pluggy"}
    said = "build/audit/sbom.json: 4 packages, of which functions run 2 (CycloneDX 1.5)\n"
    assert capsys.readouterr().out == said


@pytest.mark.usefixtures("repository")
def test_a_vulnerability_names_the_fixed_version(knowing: Service, capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence."""
    assert context("audit", "--service-url", knowing.url) == FOUND
    sentence = f"idna {version('idna')} has {ID} alias {ALIAS}: It reads more than it should (fixed in 99.1)."
    assert capsys.readouterr().out.splitlines()[1:] == [sentence]


@pytest.mark.parametrize("name", [ID, ALIAS, "idna"])
def test_a_vulnerability_with_a_reason_is_accepted(
    name: str, repository: Path, knowing: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    """By any of its names; it is still said."""
    _accept(repository, f'{name} = "we decode nothing"')
    assert context("audit", "--service-url", knowing.url) == CLEAN
    assert capsys.readouterr().out.endswith("(fixed in 99.1). Accepted: we decode nothing\n")


@pytest.mark.parametrize("reason", ['""', '" "', "true"])
def test_a_vulnerability_without_a_reason_is_not_accepted(
    reason: str, repository: Path, knowing: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is called clean."""
    _accept(repository, f"idna = {reason}")
    assert context("audit", "--service-url", knowing.url) == REFUSED
    assert "[tool.bounded-context.audit.accepted] idna " in capsys.readouterr().err


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("said", "under"),
    [
        ("License-Expression: GPL-3.0-only", "GPL-3.0-only"),
        ("License: AGPL-3.0-or-later", "AGPL-3.0-or-later"),
        (
            "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)",
            "GNU General Public License v3 (GPLv3)",
        ),
        ("Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: Ours", "Ours"),
        ("License: Terms of our own", "Terms of our own"),
        ("Summary: nothing of a licence", "no licence that it names"),
    ],
)
def test_a_licence_that_is_not_accepted_is_named(
    said: str, under: str, says: Says, clean: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    """However the package says it."""
    says(said)
    assert context("audit", "--service-url", clean.url) == FOUND
    sentence = f"copyleft 1.0 is under {under}, which is not accepted."
    assert capsys.readouterr().out.splitlines()[1:] == [sentence]


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    "said",
    [
        "License-Expression: GPL-2.0-only OR Apache-2.0",
        "License: BSD",
        "Classifier: License :: OSI Approved :: MIT License",
    ],
)
def test_a_licence_that_is_accepted_is_not(said: str, says: Says, clean: Service) -> None:
    """Of two of which one may choose, one is enough."""
    says(said)
    assert context("audit", "--service-url", clean.url) == CLEAN


@pytest.mark.usefixtures("repository")
def test_an_unreachable_service_is_an_error_and_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence; the bill of materials is there."""
    assert context("audit", "--service-url", NOWHERE) == REFUSED
    captured = capsys.readouterr()
    assert captured.out.startswith("build/audit/sbom.json: ")
    assert captured.err.startswith("Error: No service could be asked about known vulnerabilities: ")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    "said",
    [
        "{}",
        "no JSON",
        '{"summary": {"audited_packages": 0}, "vulnerabilities": [], "adverse_statuses": []}',
        '{"summary": {"audited_packages": 9}, "vulnerabilities": [{}], "adverse_statuses": []}',
    ],
)
def test_an_unreadable_answer_is_no_pass(
    said: str, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a uv that says it in another form, or that looked at nothing."""
    result = uv(repository, "--version")
    result.stdout = said
    monkeypatch.setattr(audit, "uv", lambda root, name, *more: result if name == "audit" else uv(root, name, *more))
    assert context("audit") == REFUSED
    assert capsys.readouterr().err.startswith("Error: uv ")


@pytest.mark.usefixtures("repository")
def test_a_package_that_its_index_has_put_into_quarantine_is_named(
    monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    """uv itself ends with 0 then."""
    result = uv(repository, "--version")
    marked = {"name": "idna", "status": "quarantined", "reason": "malware"}
    said = {"summary": {"audited_packages": 9}, "vulnerabilities": [], "adverse_statuses": [marked]}
    result.stdout = json.dumps(said)
    monkeypatch.setattr(audit, "uv", lambda *_: result)
    [vulnerability] = audit.vulnerabilities(repository)
    assert all(word in vulnerability.sentence for word in ("idna ", "quarantined", ": malware"))


def test_a_lock_that_is_not_installed_cannot_be_judged(
    repository: Path, clean: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    """Licences stand in the packages alone."""
    lock = repository / "uv.lock"
    locked = (f'version = "{version("pluggy")}"', f"pluggy-{version('pluggy')}-")
    text = lock.read_text().replace(locked[0], 'version = "0.0.1"').replace(locked[1], "pluggy-0.0.1-")
    lock.write_text(text)
    assert context("audit", "--service-url", clean.url) == REFUSED
    error = capsys.readouterr().err
    assert (error.startswith("Error: pluggy 0.0.1 "), error.endswith(" `uv sync`.\n")) == (True, True)


def _pipeline(root: Path, policies: str) -> None:
    (folder := root / "infra" / "pipeline").mkdir(parents=True)
    (folder / "requirements.txt").write_text(f"--only-binary :all:\nuv==0.13.9 \\\n    --hash=sha256:{'0' * 64}\n")
    (folder / "Pulumi.yaml").write_text("name: payment-pipeline\n")
    (folder / "Pulumi.main.yaml").write_text(f"config:\n  {policies}: {{library: bounded-context==1.0.0}}\n")


@pytest.mark.parametrize(
    ("setting", "listed"),
    [
        ("payment-pipeline:policies", {"uv", "debugpy", "pulumi", "pulumi-policy", "setuptools", "boto3"}),
        ("payment-pipeline:other", {"uv"}),
    ],
)
def test_every_package_of_a_step_is_in_the_bill(setting: str, listed: set[str], repository: Path) -> None:
    """uv, and the policy pack if the pipeline has one. Each package was asked for, and has a licence."""
    _pipeline(repository, setting)
    with serving("uv") as service:
        assert context("audit", "--service-url", service.url) == FOUND
    tools = [
        component
        for component in _sbom(repository)["components"]
        if any(LISTED in kept.values() for kept in _kept(component))
    ]
    names = {tool["name"] for tool in tools}
    assert (names >= listed, len(names) > 1) == (True, len(listed) > 1)
    assert service.packages >= names
    assert {(tool["scope"], bool(tool["licenses"])) for tool in tools} == {("excluded", True)}
    assert _against_the_schema(_sbom(repository)) is None


def _kept(component: dict[str, Any]) -> list[dict[str, str]]:
    return component.get("properties", [])


def test_a_repository_without_a_lock_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """uv says why."""
    (repository / "uv.lock").unlink()
    assert context("audit") == REFUSED
    assert "uv.lock" in capsys.readouterr().err


def test_the_bill_lists_the_packages_of_functions_and_their_licences(
    repository: Path, says: Says, clean: Service
) -> None:
    """What is for another machine has no licence here."""
    says("Classifier: License :: Ours")
    context("audit", "--service-url", clean.url)
    licenses = {
        component["name"]: (component["scope"], component.get("licenses"))
        for component in _sbom(repository)["components"]
    }
    assert licenses == {
        "copyleft": ("required", [{"license": {"name": "Ours"}}]),
        "elsewhere": ("excluded", None),
        "idna": ("required", [{"expression": "BSD-3-Clause"}]),
        "pluggy": ("excluded", [{"expression": "MIT"}]),
    }


def _against_the_schema(document: dict[str, Any]) -> object:
    """What CycloneDX's published schema of version 1.5 has against a document; None if nothing."""
    return JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(document))


@pytest.mark.parametrize("said", ["License: Terms of our own", "License-Expression: MIT OR GPL-3.0-only"])
def test_the_bill_is_valid_by_its_published_schema(said: str, repository: Path, says: Says, clean: Service) -> None:
    """Which refuses a scope, a licence or a member that it does not know."""
    says(said)
    context("audit", "--service-url", clean.url)
    bill = _sbom(repository)
    assert _against_the_schema(bill) is None
    [first, *_] = bill["components"]
    for wrong in ({"scope": "tool"}, {"licenses": [{"license": {"id": "GPL"}}]}, {"licence": "MIT"}):
        assert _against_the_schema({**bill, "components": [first | wrong]}) is not None
