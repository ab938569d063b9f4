"""The buildspecs' commands for real, in a shell, from the sources to the smoke check of prod.

Each step runs in a folder of its own that holds what the step before handed on, with the variables that its project
has. Stand-ins are Pulumi, pip (uv is here already), the rollout, which uv would start, and the service that knows of
vulnerabilities; AWS is moto.
"""

import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import boto3
import pytest
import yaml

from bounded_context_cli.programs.recording import Graph
from tests.audit.osv import serving

from . import stand_in_pip, stand_in_pulumi, stand_in_uv
from .container import credentials, lambda_answers
from .program import ENVIRONMENTS
from .shell import ROOT, Ran, artifact, run, sources, stand_in

pytestmark = pytest.mark.e2e

REGION = "eu-central-1"
ROLE: str = ENVIRONMENTS[2]["roles"]["deploy"]
ACCOUNT = ROLE.split(":")[4]
FUNCTIONS = {name: f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:live" for name in ("one", "two")}
OUTPUTS = {"functions": FUNCTIONS, "table_name": "payment-prod-table"}
PASSED = json.dumps({"smoke_check": "passed", "function": "f", "version": "2"})


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory, aws_endpoint: str) -> Iterator[dict[str, str]]:
    """What is the same for every build: the stand-ins, AWS, and the build's credentials."""
    folder = tmp_path_factory.mktemp("machine")
    for name, module in (("pulumi", stand_in_pulumi), ("pip", stand_in_pip), ("uv", stand_in_uv)):
        stand_in(folder / "bin", name, Path(str(module.__file__)))
    cli = folder / "bin" / "aws"
    cli.write_text(
        """#!/bin/sh\ncase "$4 $6 $8" in\n"deliver 0f5a "*AGAIN*) echo "${STAND_IN_AGAIN:-no}" ;;\n"""
        """"deliver 0f5a "*) printf '%s\\n' "$STAND_IN_REASON" ;;\nesac\n"""
    )
    cli.chmod(0o755)
    session = boto3.Session("AKIABUILD", "secret", region_name="us-east-1")
    session.client("s3", endpoint_url=aws_endpoint).create_bucket(Bucket="state")
    with credentials() as address, serving() as service:
        yield {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": aws_endpoint,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": address,
            "CODEBUILD_BUILD_ID": "project:0f5a1c2e",
            "CODEBUILD_INITIATOR": "codepipeline/deliver",
            "EXECUTION": "0f5a",
            "STAND_IN_REASON": "no",
            "COMMIT": "1f0c5a2e",
            stand_in_uv.OSV: service.url,
            stand_in_uv.UV: str(shutil.which("uv")),
            "STAND_IN_CALLS": str(folder / "pulumi-calls"),
            "STAND_IN_ROLLOUT": str(folder / "rollout-call"),
            "STAND_IN_OUTPUTS": json.dumps(OUTPUTS),
        }


@pytest.fixture(scope="module")
def variables(surroundings: dict[str, str], pipeline: Graph) -> Any:
    """The variables of a build: those around it, and those of its project."""

    def of(project: str) -> dict[str, str]:
        variables: Any = pipeline.one("codebuild/project", project).inputs["environment"]["environmentVariables"]
        return surroundings | {variable["name"]: variable["value"] for variable in variables}

    return of


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, variables: Any) -> tuple[Ran, Path]:
    """How the build ended, with one file of tests instead of all of them, and its artefact."""
    folder = _initialised(sources(tmp_path_factory.mktemp("build") / "src"), variables("prod-preview"))
    smallest = min((ROOT / "tests").glob("test_*.py"), key=lambda path: path.stat().st_size).relative_to(ROOT)
    ran = run("build", folder, variables("build") | {"PYTEST_ADDOPTS": str(smallest)})
    assert ran.status == 0, ran.said
    assert ElementTree.parse(folder / "build" / "reports" / "tests.xml").getroot() is not None  # noqa: S314
    return ran, artifact("build", folder, tmp_path_factory.mktemp("built"))


def _initialised(folder: Path, variables: Mapping[str, str]) -> Path:
    """With the file of prod as `pulumi stack init` leaves it."""
    stack_file = folder / "infra" / "service" / "Pulumi.prod.yaml"
    key = {"secretsprovider": variables["SECRETS_PROVIDER"], "encryptedkey": "AQICAH=="}
    stack_file.write_text(yaml.safe_dump(key | yaml.safe_load(stack_file.read_text())))
    return folder


def _expected(built: tuple[Ran, Path], file: tuple[Ran, Path] | None = None) -> dict[str, str]:
    """The variables of a step that takes the built files, and the file of the step before."""
    variables = {"EXPECTED": built[0].exported["HANDED_ON"]}
    if file is not None:
        handed_on = {"FILE_FROM": "handed", "EXPECTED_FILE": file[0].exported["HANDED_ON"]}
        variables |= handed_on | {"CODEBUILD_SRC_DIR_handed": str(file[1])}
    return variables


@pytest.fixture(scope="module")
def previewed(built: tuple[Ran, Path], tmp_path_factory: pytest.TempPathFactory, variables: Any) -> tuple[Ran, Path]:
    """How the preview of prod ended, and its artefact."""
    folder = artifact("build", built[1], tmp_path_factory.mktemp("preview") / "src")
    ran = run("preview", folder, variables("prod-preview") | _expected(built))
    return ran, artifact("preview", folder, tmp_path_factory.mktemp("planned"))


@pytest.fixture(scope="module")
def deployed(
    built: tuple[Ran, Path], previewed: tuple[Ran, Path], tmp_path_factory: pytest.TempPathFactory, variables: Any
) -> tuple[Ran, Path]:
    """How the deployment to prod ended, and its artefact."""
    folder = artifact("build", built[1], tmp_path_factory.mktemp("deploy") / "src")
    ran = run("deploy", folder, variables("prod-deploy") | _expected(built, previewed))
    return ran, artifact("deploy", folder, tmp_path_factory.mktemp("deployed"))


def test_the_build_hands_on_the_sources_and_the_functions_archives(built: tuple[Ran, Path]) -> None:
    """Whole, and without the packages that it ran with; with the bill of what they were."""
    _, folder = built
    assert (folder / "build" / "audit" / "sbom.json").exists()
    for name in ("code", "layer"):
        assert zipfile.ZipFile(folder / "build" / f"{name}.zip").testzip() is None
    assert (folder / "pyproject.toml").exists()
    assert not (folder / ".venv").exists()


def test_the_preview_exports_its_summary_and_hands_on_the_plan(previewed: tuple[Ran, Path]) -> None:
    """CodeBuild itself reads its report."""
    ran, planned = previewed
    assert ran.status == 0, ran.said
    assert ran.exported == {
        "PREVIEW_SUMMARY": "1 to create, 1 to update, 0 to replace, 0 to delete",
        "PREVIEW_BUILD": "project:0f5a1c2e",
        "HANDED_ON": hashlib.sha256((planned / "plan.json").read_bytes()).hexdigest(),
    }
    assert [path.name for path in planned.iterdir()] == ["plan.json"]


def test_a_preview_of_a_stack_without_a_key_is_refused(built: tuple[Ran, Path], tmp_path: Path, variables: Any) -> None:
    """Before Pulumi is called. The last line of the log names the file and the key."""
    environment = variables("dev-preview") | _expected(built)
    ran = run("preview", artifact("build", built[1], tmp_path / "preview"), environment)
    assert ran.status == 1
    assert re.search(r"\bPulumi\.dev\.yaml .*awskms://alias/state", ran.said.splitlines()[-1])


def test_the_deployment_runs_the_previews_plan_under_its_own_role(deployed: tuple[Ran, Path]) -> None:
    """The plan came from the preview, in the artefact."""
    ran, folder = deployed
    assert ran.status == 0, ran.said
    assert f"Updating (prod):\n    as {ROLE}" in ran.said
    assert json.loads((folder / "outputs.json").read_text()) == OUTPUTS


def test_a_plan_that_was_swapped_after_the_approval_gets_no_role(
    built: tuple[Ran, Path], previewed: tuple[Ran, Path], tmp_path: Path, variables: Any
) -> None:
    """No package is installed, Pulumi is not called, and no role is assumed."""
    folder = artifact("build", built[1], tmp_path / "deploy")
    swapped = tmp_path / "planned"
    swapped.mkdir()
    (swapped / "plan.json").write_text('{"resourcePlans": {"all": "mine"}}')
    ran = run("deploy", folder, variables("prod-deploy") | _expected(built, (previewed[0], swapped)))
    assert ran.status == 1
    assert ran.said.splitlines()[-1].startswith("Refused: ")
    assert not (folder / ".venv").exists()


def test_a_plan_that_no_longer_fits_fails_the_deployment(
    built: tuple[Ran, Path], previewed: tuple[Ran, Path], tmp_path: Path, variables: Any
) -> None:
    """The last line of the log says what to do. This sentence is asserted here only."""
    folder = artifact("build", built[1], tmp_path / "deploy")
    environment = variables("prod-deploy") | _expected(built, previewed)
    ran = run("deploy", folder, environment | {"STAND_IN_UNFIT": stand_in_pulumi.VIOLATION})
    assert ran.status == 1
    assert ran.said.splitlines()[-1] == (
        "Error: The previewed plan no longer fits the stack prod, and nothing was changed: "
        "start the pipeline again for a new preview."
    )


QUOTED = """the alarm's "broken"; $HOME"""
"""The shell neither ends nor expands it."""


@pytest.mark.parametrize(
    ("reason", "again", "more"),
    [("no", "no", []), (QUOTED, "no", ["--ignore-alarms", QUOTED]), ("no", QUOTED, ["--again"])],
)
def test_the_traffic_is_shifted_in_prods_account(
    reason: str,
    again: str,
    more: list[str],
    built: tuple[Ran, Path],
    deployed: tuple[Ran, Path],
    tmp_path: Path,
    variables: Any,
) -> None:
    """With the outputs of the deployment; alarms are ignored, and failed versions released, only for a reason."""
    folder = artifact("build", built[1], tmp_path / "shift")
    environment = (
        variables("prod-shift") | _expected(built, deployed) | {"STAND_IN_REASON": reason, "STAND_IN_AGAIN": again}
    )
    ran = run("shift", folder, environment)
    assert ran.status == 0, ran.said
    call = json.loads(Path(environment["STAND_IN_ROLLOUT"]).read_text())
    assert call == {"arguments": ["start", "prod", "--outputs", "outputs.json", "--json", *more], "account": ACCOUNT}


@pytest.mark.parametrize(("answers", "status"), [([PASSED, PASSED], 0), ([PASSED, '{"errorMessage": "boom"}'], 1)])
def test_the_smoke_check_calls_every_function_in_prods_account(
    answers: list[str],
    status: int,
    aws: None,
    built: tuple[Ran, Path],
    deployed: tuple[Ran, Path],
    tmp_path: Path,
    variables: Any,
) -> None:
    """The answers wait in that account alone; a function that does not pass fails the step, and is named."""
    environment = variables("prod-smoke") | _expected(built, deployed)
    folder = artifact("build", built[1], tmp_path / "smoke")
    with lambda_answers(environment["AWS_ENDPOINT_URL"], ACCOUNT, REGION, answers):
        ran = run("smoke", folder, environment)
    assert ran.status == status, ran.said
    report = ElementTree.parse(folder / "build" / "reports" / "smoke.xml").getroot()  # noqa: S314
    assert [case.get("name") for case in report] == ["one", "two"]
    assert report.get("failures") == str(status)
    assert ("failed for two" in ran.said) == bool(status)
