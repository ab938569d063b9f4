"""Contexts baked once for all tests, and cookiecutter's own command."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from template.bake import bake, files
from template.examples import supply
from template.library import BUILT, FOLDER, REPOSITORY_OF_LIBRARY, build
from template.names import REPOSITORY
from template.processes import environment

# A busy machine is no fault of the code: what is slow is measured elsewhere, and never by a test.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")

# As unlike Payment as the rules allow: two words and an acronym, other fields, more commands, five subscribers.
VAT_RETURN = {
    "context_name": "VATReturn",
    "plural": "VATReturns",
    "display_name": "VAT return",
    "lists": "import",
    "description": "Files VAT returns.",
    "fields": "customer_id:str total:int closed:bool filed_on:date",
    "commands": (
        "FileVATReturn:creates:VATReturnFiled AmendVATReturn:changes:VATReturnAmended "
        "CloseVATReturn:changes:VATReturnClosed WithdrawVATReturn:deletes:VATReturnWithdrawn"
    ),
    "verification": "VerifyCustomer",
    "sftp": "dedicated",
    "api": "http",
    "subscribers": "ledger front-office audit archive data-lake",
    "strategy": "Linear25PercentEvery3Minutes",
    "source": "codecommit",
    "pull_requests": "none",
    "region": "ap-southeast-2",
    "owner": "tax-team",
    "library": "wheel",
}

SHORTEST = {
    "context_name": "Ox",
    "plural": "Os",
    "display_name": "牛",
    "description": "O",
    "fields": "herd_id:str",
    "commands": "Buy:creates:OxBought Sell:deletes:OxSold",
    "verification": "VerifyHerd",
    "sftp": "dedicated",
    "api": "http",
    "subscribers": "bi",
    "strategy": "AllAtOnce",
    "source": "codecommit",
    "pull_requests": "none",
    "region": "eu-west-1",
    "owner": "o",
    "library": "wheel",
}

LONGEST = {
    "context_name": "ReinsuranceContract",
    "plural": "ReinsuranceContractes",
    "display_name": "Rückversicherung: ノ, 支払い; it's #1",  # noqa: RUF001
    "description": "It's #1, 100% & more: 'x'; import os; os.system('x') * _a_ = y!" + "x" * 37,
    "fields": "policy_agreement_id:str " + " ".join(f"field_number_{number}:decimal" for number in range(29)),
    "commands": " ".join(
        ["OpenReinsuranceContract:creates:ReinsuranceContractOpenedAtLast"]
        + [f"ChangeTermsForReason{number}:changes:ReinsuranceContractChangedFor{number}" for number in range(18)]
        + ["DropReinsuranceContract:deletes:ReinsuranceContractDroppedAtLast"]
    ),
    "verification": "VerifyPolicyAgreement",
    "sftp": "dedicated",
    "api": "http",
    "subscribers": " ".join(f"subscriber-no-{number}" for number in range(10)),
    "strategy": "Canary99Percent2880Minutes",
    "source": "codeconnections",
    "pull_requests": "github",
    "region": "ap-southeast-2",
    "owner": "insurance renewals / team 7",
    "library": "wheel",
}

EXAMPLES: dict[str, dict[str, str]] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))["default_context"]
    for path in sorted((REPOSITORY / "examples" / "answers").iterdir())
}
"""The answers of the examples, by the name of their file."""

NOTHING = {"lists": "none", "verification": "none", "sftp": "none", "api": "none", "pull_requests": "none"}
"""The answers that leave out all that can be left out."""


def sources(project: Path) -> Iterator[str]:
    """The files of a repository that are its own: without the library's wheel, whose text is the same for all."""
    return files(project, [FOLDER, ".git"])


RUNNING = "library/local/tests/e2e/"
"""Where tests share one context that runs."""

OF_THEIR_OWN = tuple(
    f"{RUNNING}test_{name}.py" for name in ("api_tokens", "command", "consumer", "pages", "rehearsal", "smoke_account")
)
"""Those that start others."""

LONG = (
    RUNNING,
    *(f"library/{name}/" for name in ("infra/tests/pipeline", "platform/tests/engine", "platform/tests/pull_requests")),
    *(f"tests/{name}" for name in ("test_generated", "test_pages", "test_pair", "test_site", "upkeep")),
)
"""Where the files are that take half a minute or more end to end."""

Baked = Callable[[str], Path]
Cookiecutter = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_configure(config: pytest.Config) -> None:
    """Give examples/payment/ the wheel of these sources, once a run: a clone has none."""
    if not hasattr(config, "workerinput"):
        # Many Pythons are started by the tests: none compiles its packages anew, also where the machine asks for it.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        supply()


class Together(LoadFileScheduling):
    """Gives a file to one worker, and to the same one all that share the running context.

    xdist's own groups are lost on this version of pytest (pytest-xdist 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return RUNNING if _shares(nodeid) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Use it for `--dist loadfile`."""
    return Together(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, the running context first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: (not _shares(item.nodeid), not item.nodeid.startswith(LONG)))


def _shares(nodeid: str) -> bool:
    return nodeid.startswith(RUNNING) and not nodeid.startswith(OF_THEIR_OWN)


@pytest.fixture(scope="session", autouse=True)
def _one_wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Bakes of one process share the library's wheel, as those of a fleet do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(REPOSITORY_OF_LIBRARY, "https://git.example.com/template")
        patch.setenv(BUILT, str(build(tmp_path_factory.mktemp("wheel"))))
        yield


@pytest.fixture(scope="session")
def payment(baked: Baked) -> Path:
    """The default answers, baked."""
    return baked("payment")


@pytest.fixture(scope="session")
def vat_return(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A context of another shape, baked."""
    return bake(tmp_path_factory.mktemp("vat_return"), VAT_RETURN)


@pytest.fixture(scope="session")
def longest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A context with the longest names and the most fields, commands and subscribers, baked."""
    return bake(tmp_path_factory.mktemp("longest"), LONGEST)


@pytest.fixture(scope="session")
def baked(tmp_path_factory: pytest.TempPathFactory) -> Baked:
    """Bakes the default answers, by the name `payment`, or those of an example; each once for all tests."""
    answers = {"payment": {}, **EXAMPLES}
    return cache(lambda name: bake(tmp_path_factory.mktemp(name), answers[name]))


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default answers, baked, with the environment that their own lock gives."""
    project = bake(tmp_path_factory.mktemp("installed"))
    subprocess.run(["uv", "sync", "--quiet"], cwd=project, env=environment(), check=True)
    return project


@pytest.fixture
def cookiecutter(tmp_path: Path) -> Cookiecutter:
    """Cookiecutter's command as a user runs it, in the folder here/there with a home folder of its own."""
    home, here = tmp_path / "home", tmp_path / "here" / "there"
    home.mkdir()
    here.mkdir(parents=True)

    def run(*arguments: str, template: str | Path = REPOSITORY, typed: str = "") -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "cookiecutter", str(template), *arguments]
        mine = {name: value for name, value in os.environ.items() if not name.startswith("COOKIECUTTER")}
        variables = {**mine, "HOME": str(home)}
        return subprocess.run(
            command, cwd=here, env=variables, input=typed, capture_output=True, text=True, check=False
        )

    return run
