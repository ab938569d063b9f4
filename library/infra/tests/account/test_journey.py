"""A person follows the pages from empty accounts to a delivered context, word by word and in their order."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from moto import mock_aws
from moto.moto_api._internal import mock_random

from bounded_context_cli.docs import section, steps
from bounded_context_cli.programs.shared_cache import FOLDER
from bounded_context_infra.configuration.project import VARIABLE, at, current

from .world import Refused, World

PAGES = ("accounts#set-the-accounts-up", "releases#set-the-pipeline-up")
"""The sections, in the order of the journey: each ends with a link to the next one."""

ENVIRONMENTS = ("dev", "staging", "prod")
BLOCK = re.compile(r"^```(\w+)( account)?\n.*?^```\n", re.MULTILINE | re.DOTALL)
PROFILE = re.compile(r"^\| `(\w+)` \| (\d{12}) \|$", re.MULTILINE)

Edit = Callable[[str], str]


@pytest.fixture(autouse=True)
def accounts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Empty accounts, and a process without credentials and without a region."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv(FOLDER, raising=False)  # a folder of this test has different settings at different times
    mock_random.seed(1)  # equal keys have equal ids, so that journeys can share runs of programs
    with mock_aws(config={"core": {"mock_credentials": False}, "lambda": {"use_docker": False}}):
        yield


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh clone of the default context."""
    hidden = shutil.ignore_patterns(".*", "build", "__pycache__")
    folder = shutil.copytree(current().root, tmp_path / "payment", ignore=hidden)
    monkeypatch.setenv(VARIABLE, str(folder))
    monkeypatch.chdir(folder)
    return at(folder).root


def journey() -> str:
    """The text of the sections, without their subsections."""
    texts = (section(*place.split("#")) for place in PAGES)
    return "\n".join(text.partition("\n### ")[0] for text in texts)


def follow(text: str, repository: Path, profiles: dict[str, str]) -> World:
    """Follow the blocks of a text in their order. Raises Refused, or ValueError for a file."""
    world = World(repository, profiles)
    for block in BLOCK.finditer(text):
        if block[1] == "sh":
            for line in block[0].splitlines()[1:-1]:
                world.run(re.sub(r"\s{2,}#.*", "", line))
        else:
            for step in steps(world.resolved(block[0]), "payment"):
                step.follow(repository)
    return world


def delivered(text: str, repository: Path) -> World:
    """Follow a text, and let the pipeline deliver. Raises Refused, or ValueError for a file."""
    world = follow(text, repository, dict(PROFILE.findall(text)))
    world.deliver()
    return world


def require_complete(world: World) -> None:
    """Every stack exists, and all its roles have its own boundary."""
    assert world.graphs.keys() >= {("service", name) for name in ENVIRONMENTS} | {("pipeline", "main")}
    for (program, stack), graph in world.graphs.items():
        name = stack if program == "service" else program
        limits = {role.inputs.get("permissionsBoundary", "").partition("/")[2] for role in graph.of("iam/role")}
        assert program == "account" or limits == {f"payment-{name}-boundary"}


@pytest.mark.slow
def test_the_pages_are_all_that_a_person_needs(repository: Path) -> None:
    """No step, order, variable or value is missing."""
    require_complete(delivered(journey(), repository))


def moved(line: str, *, after: str) -> Edit:
    """Move a line behind another one."""

    def edit(text: str) -> str:
        return text.replace(f"{line}\n", "").replace(f"{after}\n", f"{after}\n{line}\n")

    return edit


def replaced(old: str, new: str = "") -> Edit:
    """Replace a text, or remove it."""
    return lambda text: text.replace(old, new)


LOGIN = 'pulumi login "s3://payment-state-444455556666-eu-west-1?region=eu-west-1"'
INIT = 'pulumi stack init {} --cwd infra/{} --secrets-provider "awskms:///<key>?region=eu-west-1&context_stack={}"'
FAULTS = {
    "no region": replaced(" AWS_REGION=eu-west-1"),
    "no credentials": replaced(" AWS_PROFILE=tools"),
    "credentials of another account": replaced("AWS_PROFILE=tools", "AWS_PROFILE=dev"),
    "the login before its bucket": moved("uv run context bootstrap", after=LOGIN),
    "no login": replaced(f"{LOGIN}\n"),
    "a deployment before its stack": moved(
        INIT.format("dev", "account", "deployer"), after="context account deploy dev"
    ),
    "a stack twice": replaced("stack init staging --cwd infra/account", "stack init dev --cwd infra/account"),
    "a misspelt option": replaced("prod --cwd infra/account --secrets-provider", "prod --cwd infra/account --secrets"),
    "no repository": replaced("  payment-pipeline:repository: org/payment\n"),
    "no connection": replaced("  payment-pipeline:connection_arn: <connection>\n"),
    "no account of the pipeline": replaced('  payment-pipeline:account: "444455556666"\n'),
    "no backend": replaced("  payment-pipeline:backend: s3://payment-state-444455556666-eu-west-1?region=eu-west-1\n"),
    "no secrets provider": replaced("  payment-pipeline:secrets_provider: awskms:///<key>?region=eu-west-1\n"),
    "another secrets provider": replaced("region=eu-west-1&context_stack=staging\n", "region=eu-west-1\n"),
    "no number of an account": replaced('  payment-account:account: "333344445555"\n'),
    "a profile of another account": replaced("aws:profile: prod", "aws:profile: staging"),
    "no account of an environment": replaced('      account: "333344445555"\n'),
    "no boundary of the pipeline": replaced("payment-pipeline-boundary", "payment-delivery-boundary"),
    "a boundary of another stack": replaced("policy/payment-prod-boundary", "policy/payment-staging-boundary"),
    "the pipeline before its account": moved(
        "uv run context account deploy tools", after="uv run context pipeline deploy"
    ),
    "the commit before the stacks": moved(INIT.format("prod", "service", "prod"), after="git push"),
}


FAILURES = (Refused, AssertionError, OSError, ValueError, yaml.YAMLError)
"""A refusal, an incomplete end, or a file that cannot be written or read."""

EARLY = 5
"""The faults that are found within a second; the others are planted each night."""


@pytest.mark.parametrize(
    "fault", [*[*FAULTS][:EARLY], *(pytest.param(fault, marks=pytest.mark.nightly) for fault in [*FAULTS][EARLY:])]
)
def test_a_fault_of_the_pages_is_detected(fault: str, repository: Path) -> None:
    """Steps in another order, and a missing or bad variable, setting or option."""
    text = FAULTS[fault](journey())
    assert text != journey()
    with pytest.raises(FAILURES):
        require_complete(delivered(text, repository))


SPARE = {"uv run context settings"}
"""The lines without which the journey also ends: checks."""


def without_each_line(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command and each line of a file, and the text without it."""
    for block in BLOCK.finditer(text):
        start = block.start()
        for line in block[0].splitlines(keepends=True):
            if not line.startswith(("```", "# ")):
                yield line.strip(), text[:start] + text[start + len(line) :]
            start += len(line)


@pytest.mark.nightly
def test_each_line_of_the_steps_is_needed(repository: Path, tmp_path: Path) -> None:
    """Without any one of the commands and settings, the journey fails."""
    clean, spare = shutil.copytree(repository, tmp_path / "clean"), set[str]()
    for line, text in without_each_line(journey()):
        shutil.rmtree(repository)
        shutil.copytree(clean, repository)
        with mock_aws(config={"core": {"mock_credentials": False}}):
            mock_random.seed(1)
            try:
                require_complete(delivered(text, repository))
            except FAILURES:
                continue
        spare.add(line)
    assert spare == SPARE
