"""The pipeline's settings: defaults, and the refusal of bad values."""

import json
import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context_cli.programs.recording import Program
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.pipeline_settings import PipelineSettings, SourceKind

from .program import CLOUD, CODECOMMIT, CONNECTION, ENVIRONMENTS, FOLDER, LEAST, PROJECT, run


def settings(changes: dict[str, Any], base: dict[str, Any] = LEAST, source: SourceKind = "codeconnections") -> Any:
    """Settings as Pulumi hands them over; None takes one away."""
    wanted = {"protect": "true", **base, **changes}
    return PipelineSettings.from_config(
        {key: _text(value) for key, value in wanted.items() if value is not None}, source, "payment"
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


ROLES = ENVIRONMENTS[0]["roles"]
HASH = f"--hash=sha256:{'0' * 64}"
PINNED = {
    "runtime": f"bounded-context==1.0.0 {HASH}",
    "infra": f"bounded-context-infra==1.0.0 {HASH}",
    "cli": f"bounded-context-cli==1.0.0 {HASH}",
}
ROLE = ROLES["deploy"]
DEV, _, PROD = ENVIRONMENTS
OF_DEV = PROD["roles"]["deploy"].replace("prod-", "payment-prod-")
"""A role that is named for prod."""
ABROAD = ROLE.replace("dev-deploy", "preview")
"""A role of prod in the account of dev."""
SHARED = "shared_accounts"
OF_PROD = f"{LEAST['secrets_provider']}&context_stack=prod"
WINDOWS = [
    5,
    "8-15",
    "* 8-15 ? * MON-FRI",
    "* * 8-15 * * MON",
    "* * 8-15 ? 0-11 MON",
    "0 * 8-15 ? * MON",
    "* * ? * MON *",
]
"""Not six fields; a day of the week and of the month; months as numbers; a second; and fields in another order."""
BAD: list[tuple[dict[str, Any], str]] = [
    ({"repository": None}, "repository"),
    ({"repository": "repository"}, "repository"),
    ({"branch": "two words"}, "branch"),
    ({"connection_arn": None}, "connection_arn"),
    ({"connection_arn": "my-connection"}, "connection_arn"),
    ({"connection_arn": ROLE}, "connection_arn"),
    ({"environments": None}, "environments"),
    ({"environments": {}}, "environments"),
    ({"environments": ["dev"]}, "environments"),
    ({"environments": [{"name": "dev", "role_arn": ROLE}]}, "environments"),
    ({"environments": [{"roles": ROLES}]}, "environments"),
    ({"environments": [{"name": "pipeline", "roles": ROLES}]}, "environments"),
    ({"environments": [{"name": "dev"}]}, "environments.dev.account"),
    ({"environments": [{"name": "dev", "account": 1}]}, "environments.dev.account"),
    ({"account": "1"}, "account"),
    ({"environments": [{"name": "dev", "roles": {"deploy": ROLE}}]}, "environments.dev.roles"),
    ({"environments": [{"name": "dev", "roles": ROLES | {"shift": "shift"}}]}, "environments.dev.roles.shift"),
    ({"environments": [{"name": "dev", "roles": ROLES | {"preview": ROLE}}]}, "environments.dev.roles"),
    ({"environments": [{"name": "dev", "roles": ROLES, "approval": "yes"}]}, "environments.dev.approval"),
    ({"environments": ENVIRONMENTS[:1] * 2}, "environments"),
    *(({"environments": [DEV | {"window": window}]}, "environments.dev.window") for window in WINDOWS),
    ({"approval_hours": 0}, "approval_hours"),
    ({"approval_hours": 1441}, "approval_hours"),
    ({"environments": [{"name": "state", "roles": ROLES}]}, "environments"),
    ({"environments": [{"name": "deployer-two", "roles": ROLES}]}, "environments"),
    ({"environments": [{"name": "pr", "roles": ROLES}]}, "environments"),
    ({"environments": [ENVIRONMENTS[0], ENVIRONMENTS[1] | {"name": "dev-two"}]}, "environments.dev-two"),
    ({"shared_accounts": None}, "shared_accounts"),
    ({"shared_accounts": ["333344445555"]}, "shared_accounts"),
    ({"shared_accounts": [222233334444]}, "shared_accounts"),
    ({"shared_accounts": "222233334444"}, "shared_accounts"),
    ({"environments": [DEV, PROD | {"roles": DEV["roles"]}]}, "environments.prod.roles.preview"),
    ({"environments": [DEV, PROD | {"roles": PROD["roles"] | {"shift": ROLE}}]}, "environments.prod.roles.shift"),
    ({"environments": [DEV | {"roles": ROLES | {"deploy": OF_DEV}}, PROD]}, "environments.dev.roles.deploy"),
    ({"environments": [DEV, PROD | {"roles": PROD["roles"] | {"preview": ABROAD}}], "shared_accounts": None}, SHARED),
    ({"permissions_boundary": ROLE}, "permissions_boundary"),
    ({"environments": [ENVIRONMENTS[0] | {"secrets_provider": "alias/dev"}]}, "environments.dev.secrets_provider"),
    ({"environments": [ENVIRONMENTS[0] | {"secrets_provider": OF_PROD}]}, "environments.dev.secrets_provider"),
    ({"secrets_provider": OF_PROD}, "environments.dev.secrets_provider"),
    ({"backend": None}, "backend"),
    ({"backend": "file://state"}, "backend"),
    ({"secrets_provider": None}, "secrets_provider"),
    ({"secrets_provider": "passphrase"}, "secrets_provider"),
    ({"pulumi_token_secret_arn": "arn"}, "pulumi_token_secret_arn"),
    ({"policies": "bounded-context"}, "policies"),
    ({"policies": {"runtime": PINNED["runtime"]}}, "policies"),
    ({"policies": {**PINNED, "cli": "bounded-context-cli"}}, "policies.cli"),
    ({"policies": {**PINNED, "infra": PINNED["cli"]}}, "policies.infra"),
    ({"policies": {**PINNED, "runtime": f"bounded-context @ file:///b.whl {HASH}"}}, "policies.runtime"),
    ({"policies": {**PINNED, "runtime": f"./vendor/../x.whl {HASH}"}}, "policies.runtime"),
    ({"policies": {**PINNED, "runtime": f'bounded-context==1"; id; " {HASH}'}}, "policies.runtime"),
    ({"policies": {**PINNED, "runtime": "bounded-context==1.0.0 --hash=sha256:1"}}, "policies.runtime"),
    ({"log_retention_days": "31"}, "log_retention_days"),
    ({"protect": None}, "protect"),
]


@pytest.mark.parametrize(("bad", "setting"), BAD)
def test_a_bad_value_is_refused_by_the_name_of_its_setting(bad: dict[str, Any], setting: str) -> None:
    """The message is one line that begins with the setting."""
    with pytest.raises(SettingError) as refused:
        settings(bad)
    assert refused.value.setting == setting
    assert re.fullmatch(rf"{re.escape(setting)} .+\.", str(refused.value))


def test_environments_of_other_accounts_may_begin_alike() -> None:
    """Their roles do not reach each other."""
    assert len(settings({"environments": [ENVIRONMENTS[0], ENVIRONMENTS[2] | {"name": "dev-two"}]}).environments) == 2


@pytest.mark.parametrize("name", ["payment-dev-deploy", "team/deploy", "product", "DevDeploy", "dev-prod-deploy"])
def test_the_name_of_a_role_may_contain_its_own_environment_or_none(name: str) -> None:
    """Only another environment's name without the own is refused."""
    roles = ROLES | {"deploy": ROLE.replace("dev-deploy", name)}
    assert settings({"environments": [DEV | {"roles": roles}, PROD]}).environments[0].roles["deploy"].endswith(name)


def test_environments_share_an_account_by_declaration_alone() -> None:
    assert settings({}).shared_accounts == ("222233334444",)
    assert settings({"environments": [DEV, PROD], "shared_accounts": None}).shared_accounts == ()


def test_pulumi_cloud_needs_a_token_and_no_key() -> None:
    """Each backend has its own way to keep secrets."""
    assert settings({}, CLOUD).secrets_provider is None
    for setting, value in (("pulumi_token_secret_arn", None), ("secrets_provider", "awskms://alias/state")):
        with pytest.raises(SettingError) as refused:
            settings({setting: value}, CLOUD)
        assert refused.value.setting == setting


@pytest.mark.parametrize("place", ["{}==1.0.0", "./vendor/{}-1.0.0-py3-none-any.whl"])
def test_a_person_may_pin_the_library_of_the_policies(place: str) -> None:
    """From an index or from the repository; in each case by the hashes of its wheels."""
    names = {name: wheel.partition("==")[0] for name, wheel in PINNED.items()}
    wheels = {
        name: f"{place.format(package if '==' in place else package.replace('-', '_'))} {HASH}"
        for name, package in names.items()
    }
    assert vars(settings({"policies": wheels}).policies) == wheels
    assert settings({}).policies is None


def test_an_environment_has_the_secrets_provider_of_the_pipeline_unless_it_has_its_own() -> None:
    own = ENVIRONMENTS[2] | {"secrets_provider": OF_PROD}
    environments = settings({"environments": [ENVIRONMENTS[0], own]}).environments
    assert [environment.secrets_provider for environment in environments] == [LEAST["secrets_provider"], OF_PROD]
    with pytest.raises(SettingError) as refused:
        settings({"environments": [own]}, CLOUD)
    assert refused.value.setting == "environments.prod.secrets_provider"


def test_codecommit_needs_no_connection() -> None:
    """A setting that has no effect is refused."""
    assert settings({}, CODECOMMIT, "codecommit").connection_arn is None
    with pytest.raises(SettingError) as refused:
        settings({"connection_arn": CONNECTION}, CODECOMMIT, "codecommit")
    assert refused.value.setting == "connection_arn"


def test_prod_waits_for_a_person_by_default() -> None:
    """Others do not."""
    environments = settings({}).environments
    assert [(environment.name, environment.approval) for environment in environments] == [
        ("dev", False),
        ("staging", False),
        ("prod", True),
    ]


@pytest.mark.parametrize("status", ["PENDING", "ERROR"])
def test_a_connection_that_is_not_available_is_refused_before_the_first_resource(status: str) -> None:
    """CodePipeline would accept it, and fail at its first execution."""
    with pytest.raises(SettingError, match=rf"\b{status}\b") as refused:
        run(LEAST, connection=status)
    assert refused.value.setting == "connection_arn"


def test_the_older_kind_of_connection_is_accepted() -> None:
    """AWS renamed the service; ARNs made before keep their name."""
    old = CONNECTION.replace("codeconnections", "codestar-connections")
    assert settings({"connection_arn": old}).connection_arn == old


def test_the_generated_file_names_the_missing_settings() -> None:
    """Nothing can be deployed before the user has filled it in."""
    with pytest.raises(SettingError, match="is None"):
        run({})


def test_the_file_holds_known_settings_only() -> None:
    """A misspelt setting would be ignored without a word."""
    known = {field.name for field in fields(PipelineSettings)}
    config = Program(FOLDER, PROJECT).config("main")
    assert {key.split(":", 1)[1] for key in config if key.startswith(f"{PROJECT}:")} <= known


def test_the_environments_of_the_file_are_stacks_of_the_context() -> None:
    """Each has a file of its own, and comes in the order in which a change becomes riskier."""
    config = Program(FOLDER, PROJECT).config("main")
    names = [value["name"] for value in json.loads(config[f"{PROJECT}:environments"])]
    assert names == ["dev", "staging", "prod"]
    assert all((FOLDER.parent / "service" / f"Pulumi.{name}.yaml").exists() for name in names)


@given(st.dictionaries(st.sampled_from([f.name for f in fields(PipelineSettings)]), st.text()))
def test_any_text_is_accepted_or_refused_as_a_setting(changes: dict[str, str]) -> None:
    """No value of any setting gives another error."""
    try:
        settings(changes)
    except SettingError as refused:
        assert str(refused).endswith(".")
