"""A state whose destruction would run the code of its writer is refused."""

import json
from typing import Any

import pytest

from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_platform.temporary_stacks.kinds import require_known
from tests.sandbox.conftest import Sandbox
from tests.smoke_account.conftest import Cli, Place

Capture = pytest.CaptureFixture[str]
START = "urn:pulumi:sandbox-anna::payment::"
SETTINGS = {"aws:region": "eu-west-1", "aws:profile": "dev", "aws:assumeRoles": [{"roleArn": "arn:aws:iam::1:role/a"}]}
FLAGS = {"region": "eu-west-1", "skipCredentialsValidation": "false", "skipRegionValidation": "true"}
OWN = {**FLAGS, "version": "7.1.0", "__internal": {}}


def resource(kind: str, inputs: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A resource in a state."""
    return {
        "urn": f"{START}{kind}::one",
        "type": kind.rpartition("$")[2],
        "custom": True,
        "inputs": inputs or {},
    } | more


def provider(package: str = "aws", **inputs: Any) -> dict[str, Any]:
    """A provider in a state, with the usual inputs and more."""
    return resource(f"pulumi:providers:{package}", {**OWN, **inputs})


def versions(*resources: dict[str, Any], key: str = "resources") -> set[str]:
    """The result for a state with these resources."""
    entries = [{"resource": node, "type": "deleting"} for node in resources] if key != "resources" else [*resources]
    return require_known({"deployment": {key: entries}}, SETTINGS, "")


def test_the_state_of_a_context_has_the_providers_of_pulumi_and_aws() -> None:
    """With the settings of `dev`, as Pulumi writes them. A component needs no provider."""
    component = resource("payment:infra:Table", custom=False)
    roles = json.dumps(SETTINGS["aws:assumeRoles"], separators=(",", ":"))
    assert versions(
        component,
        resource("payment:infra:Table$aws:dynamodb/table:Table"),
        resource("pulumi:pulumi:StackReference"),
        resource("pulumi:providers:pulumi"),
        provider(profile="dev", assumeRoles=roles),
        provider(version="7.2.0"),
    ) == {"7.1.0", "7.2.0"}


@pytest.mark.parametrize("state", [{}, {"deployment": None}, {"deployment": {"resources": None}}])
def test_a_stack_without_resources_has_no_provider(state: dict[str, Any]) -> None:
    """Such as a stack whose first deployment failed."""
    assert require_known(state, SETTINGS, "") == set()


FAULTS = {
    "another provider": provider("random"),
    "a dynamic provider": provider("pulumi-python"),
    "a resource of a dynamic provider": resource("pulumi-python:dynamic:Resource"),
    "a resource of another package": resource("payment:infra:Table$command:local:Command"),
    "a provider that is not custom": {**provider("command"), "custom": False},
    "a server": provider(__internal={"pluginDownloadURL": "http://127.0.0.1"}),
    "a server in the form of older engines": provider(pluginDownloadURL="http://127.0.0.1"),
    "another name": provider(__internal={"name": "pulumi-python"}),
    "another name of the provider pulumi": provider("pulumi", __internal={"name": "pulumi-python"}),
    "a parameter": provider(__internal={"parameterization": "e30="}),
    "an encrypted input": provider(__internal={"ciphertext": "v1:a"}),
    "a version that is no release": provider(version="7.1.0-alpha.1+https"),
    "a version that is no text": provider(version={"ciphertext": "v1:a"}),
    "an endpoint": provider(endpoints='[{"sts":"http://127.0.0.1"}]'),
    "a file with profiles": provider(sharedConfigFiles='["/tmp/config"]'),
    "another profile": provider(profile="prod"),
    "a type that differs from its URN": {**provider("command"), "type": "aws:s3/bucket:Bucket"},
    "a URN that differs from its type": {**resource("aws:s3/bucket:Bucket"), "type": "command:local:Command"},
    "a URN without a type": {**provider(), "urn": "one"},
}


@pytest.mark.parametrize("planted", FAULTS.values(), ids=list(FAULTS))
@pytest.mark.parametrize("key", ["resources", "pending_operations"])
def test_a_state_with_foreign_code_is_refused(planted: dict[str, Any], key: str) -> None:
    """Wherever the resource is in the state."""
    with pytest.raises(Refusal):
        versions(provider(), planted, key=key)


@pytest.fixture
def planted(cli: Cli) -> Cli:
    """A sandbox of Anna's whose state has a foreign provider."""
    cli.has("dev", "sandbox-anna")
    cli.tag("sandbox-anna", owner="anna@example.org", expires="2026-01-01T00:00:00Z")
    (cli.folder / "state.json").write_text(json.dumps({"deployment": {"resources": [provider("random")]}}))
    return cli


def calls(cli: Cli, name: str) -> list[str]:
    """The calls that begin with a word."""
    return [call for call in cli.calls if call.startswith(name)]


def test_a_sandbox_with_a_foreign_provider_is_not_destroyed(
    sandbox: Sandbox, planted: Cli, place: Place, capsys: Capture
) -> None:
    """The sentence has the resource and the commands of a person, and the stack's file stays."""
    file = place.project.service / "Pulumi.sandbox-anna.yaml"
    file.write_text("config: {}")
    assert sandbox("down", "anna") == 2
    [sentence] = capsys.readouterr().err.splitlines()
    assert f"{START}pulumi:providers:random::one" in sentence
    assert f"`pulumi stack export --cwd {place.project.service} --stack sandbox-anna`" in sentence
    assert (calls(planted, "destroy"), planted.stacks, file.exists()) == ([], ["dev", "sandbox-anna"], True)


def test_a_sweep_reports_a_foreign_provider(sandbox: Sandbox, planted: Cli, capsys: Capture) -> None:
    """A stack that nobody can sweep makes the job red each hour."""
    assert sandbox("sweep", "sandbox") == 1
    assert "✗ sandbox-anna failed: The state has the resource" in capsys.readouterr().out
    assert (calls(planted, "destroy"), planted.stacks) == ([], ["dev", "sandbox-anna"])


def test_a_destruction_gets_no_token_of_github(sandbox: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job of the sweep may request tokens of its environment. The destruction has the role's session alone."""
    for name in ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"):
        monkeypatch.setenv(name, "a1b2")
    cli.has("dev", "sandbox-anna")
    cli.tag("sandbox-anna", owner="anna@example.org", expires="2026-01-01T00:00:00Z")
    assert sandbox("sweep", "sandbox") == 0
    assert calls(cli, "destroy")
    assert not (cli.folder / "token-destroy").exists()


@pytest.mark.parametrize(("state", "installed"), [([], 0), ([provider(), provider()], 1)])
def test_the_versions_of_the_state_are_installed(
    sandbox: Sandbox, planted: Cli, state: list[dict[str, Any]], installed: int
) -> None:
    """Since the destruction itself installs no plugin. Another version may have deployed the stack."""
    (planted.folder / "state.json").write_text(json.dumps({"deployment": {"resources": state}}))
    assert sandbox("down", "anna") == 0
    assert len(calls(planted, "plugin install")) == installed
    assert planted.stacks == ["dev"]
