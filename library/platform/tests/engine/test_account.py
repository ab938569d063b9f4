"""Pulumi's own engine deploys the program of an account."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from bounded_context_cli.programs.recording import ACCOUNT
from bounded_context_infra.configuration.project import VARIABLE
from tests.account.program import ENVIRONMENTS, PIPELINE, name_of, repository

from .conftest import Engine, empty

pytestmark = pytest.mark.e2e

_TOOLS = "444455556666"


class OfAccount(Engine):
    """The engine for the program of the environments' account, whose pipeline is in another account."""

    program = "account"

    def variables(self) -> dict[str, str]:
        # The sources are installed in a real repository.
        return {**super().variables(), VARIABLE: str(self.folder), "PYTHONPATH": str(self.folder / "src")}

    def call(self, *words: str) -> str:
        return self.do(*words, stack=name_of(ACCOUNT))

    def policies(self) -> Mapping[str, str]:
        """The policies in the state by name."""
        resources = json.loads(self.call("stack", "export"))["deployment"]["resources"]
        return {
            resource["inputs"]["name"]: resource["inputs"]["policy"]
            for resource in resources
            if resource["type"] == "aws:iam/policy:Policy"
        }


@pytest.fixture
def engine(tmp_path: Path) -> OfAccount:
    folder = empty(tmp_path / "engine").folder
    shutil.rmtree(folder / "infra")
    repository(folder, {**dict.fromkeys(ENVIRONMENTS, ACCOUNT), PIPELINE: _TOOLS})
    engine = OfAccount(folder)
    engine.call("stack", "init")
    return engine


@pytest.mark.nightly
def test_an_account_is_deployed_by_its_plan_and_then_unchanged(engine: OfAccount) -> None:
    plan = str(engine.folder / "plan.json")
    engine.call("preview", "--save-plan", plan)
    engine.call("up", "--yes", "--plan", plan)
    roles = json.loads(engine.call("stack", "output", "--json"))["roles"]
    assert roles["payment-deployer-prod-deploy"] == f"arn:aws:iam::{ACCOUNT}:role/payment-deployer-prod-deploy"
    engine.call("up", "--yes", "--skip-preview", "--expect-no-changes")


@pytest.mark.nightly
def test_a_new_resource_of_the_service_changes_the_policies_of_its_stack_alone(engine: OfAccount) -> None:
    engine.call("up", "--yes", "--skip-preview")
    before = engine.policies()
    file = engine.folder / "infra" / "service" / "Pulumi.dev.yaml"
    content = yaml.safe_load(file.read_text())
    copies = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:copies"
    content["config"] |= {"payment:backup": "vault", "payment:backup_copy": copies}
    file.write_text(yaml.safe_dump(content))
    engine.call("up", "--yes", "--skip-preview")
    changed = {name for name, policy in engine.policies().items() if policy != before.get(name)}
    assert changed
    assert all("-dev-" in name or "-pr-" in name or "-sandbox-" in name for name in changed)
    assert any(name.startswith("payment-deployer-dev-deploy-") for name in changed)


def test_credentials_of_another_account_deploy_nothing(engine: OfAccount) -> None:
    """The stand-in of the provider has one account."""
    file = engine.folder / "infra" / "account" / f"Pulumi.{name_of(ACCOUNT)}.yaml"
    content = yaml.safe_load(file.read_text())
    content["config"] |= {"payment-account:account": "999900009999", "payment-account:workflows": []}
    file.write_text(yaml.safe_dump(content))
    refused = engine.run("preview", stack=name_of(ACCOUNT))
    assert refused.returncode != 0
    assert "account is 999900009999" in refused.stdout
    assert "Traceback" not in refused.stdout
