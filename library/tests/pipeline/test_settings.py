"""The pipeline's settings, and what is refused before anything is made."""

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi import RunError

from bounded_context.infra.config import SettingError
from bounded_context.pipeline.settings import PipelineSettings, SourceKind
from bounded_context.testing.graph import Program

from .program import CLOUD, CODECOMMIT, CONNECTION, ENVIRONMENTS, FOLDER, LEAST, PROJECT, run


def settings(changes: dict[str, Any], base: dict[str, Any] = LEAST, source: SourceKind = "codeconnections") -> Any:
    """Settings as Pulumi hands them over; None takes one away."""
    wanted = {"protect": "true", **base, **changes}
    return PipelineSettings.from_config(
        {key: _text(value) for key, value in wanted.items() if value is not None},
        source,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


ROLES = ENVIRONMENTS[0]["roles"]
ROLE = ROLES["deploy"]
BAD: list[tuple[dict[str, Any], str]] = [
    ({"repository": None}, "repository is None: write organization/repository."),
    ({"repository": "repository"}, "repository is 'repository': write organization/repository."),
    ({"branch": "two words"}, "branch is 'two words': write the name of a branch."),
    ({"connection_arn": None}, "connection_arn is None: write the ARN of a connection"),
    ({"connection_arn": "my-connection"}, "connection_arn is 'my-connection': write the ARN of a connection"),
    ({"connection_arn": ROLE}, f"connection_arn is '{ROLE}': write the ARN of a connection"),
    ({"environments": None}, "environments is empty: write at least one {name, roles}."),
    ({"environments": {}}, "environments is '{}': write a list of {name, roles}."),
    ({"environments": ["dev"]}, "environments has 'dev': write {name, roles}, and approval if you like."),
    ({"environments": [{"name": "dev", "role_arn": ROLE}]}, "write {name, roles}, and approval if you like."),
    ({"environments": [{"roles": ROLES}]}, "environments has the name None: write a stack of infra/service."),
    ({"environments": [{"name": "pipeline", "roles": ROLES}]}, "environments has the name 'pipeline': write a stack"),
    (
        {"environments": [{"name": "dev"}]},
        "environment dev has the roles None: write the ARNs of preview, deploy, shift.",
    ),
    ({"environments": [{"name": "dev", "roles": {"deploy": ROLE}}]}, "'}: write the ARNs of preview, deploy, shift."),
    (
        {"environments": [{"name": "dev", "roles": ROLES | {"shift": "shift"}}]},
        "environment dev has the role shift: 'shift': write the ARN of a role.",
    ),
    (
        {"environments": [{"name": "dev", "roles": ROLES | {"preview": ROLE}}]},
        "environment dev has one role twice: write three, `just permissions` says what each may.",
    ),
    (
        {"environments": [{"name": "dev", "roles": ROLES, "approval": "yes"}]},
        "environment dev has the approval 'yes': write true or false.",
    ),
    ({"environments": ENVIRONMENTS[:1] * 2}, "environments has a name twice: name each once."),
    ({"backend": None}, "backend is None: write s3://<bucket>, or https://api.pulumi.com."),
    ({"backend": "file://state"}, "backend is 'file://state': write s3://<bucket>, or https://api.pulumi.com."),
    ({"secrets_provider": None}, "secrets_provider is None: write awskms://alias/<key>?region=<region>"),
    ({"secrets_provider": "passphrase"}, "secrets_provider is 'passphrase': write awskms://alias/<key>"),
    ({"pulumi_token_secret_arn": "arn"}, "pulumi_token_secret_arn is set, yet the backend s3://state does not use it"),
    ({"log_retention_days": "31"}, "log_retention_days is 31: CloudWatch knows"),
    ({"protect": None}, "protect is None: write true or false."),
]


@pytest.mark.parametrize(("bad", "sentence"), BAD)
def test_a_bad_value_gives_one_sentence_that_says_what_to_write(bad: dict[str, Any], sentence: str) -> None:
    """The message names the setting, quotes its value and tells the remedy, on one line."""
    with pytest.raises(SettingError) as refused:
        settings(bad)
    message = str(refused.value)
    assert sentence in message
    assert message.endswith(".")
    assert "\n" not in message


def test_pulumi_cloud_needs_a_token_and_no_key() -> None:
    """Each backend has its own way to keep secrets."""
    assert settings({}, CLOUD).secrets_provider is None
    with pytest.raises(SettingError, match="pulumi_token_secret_arn is None: write the ARN of the Secrets Manager"):
        settings({"pulumi_token_secret_arn": None}, CLOUD)
    with pytest.raises(SettingError, match="secrets_provider is set, yet the backend https"):
        settings({"secrets_provider": "awskms://alias/state"}, CLOUD)


def test_codecommit_needs_no_connection() -> None:
    """A setting that has no effect is refused."""
    assert settings({}, CODECOMMIT, "codecommit").connection_arn is None
    with pytest.raises(SettingError, match="connection_arn is set, yet the source is CodeCommit"):
        settings({"connection_arn": CONNECTION}, CODECOMMIT, "codecommit")


def test_prod_waits_for_a_person_by_default() -> None:
    """Others do not."""
    environments = settings({}).environments
    assert [(environment.name, environment.approval) for environment in environments] == [
        ("dev", False),
        ("staging", False),
        ("prod", True),
    ]


@pytest.mark.parametrize("status", ["PENDING", "ERROR"])
def test_a_connection_that_nobody_completed_is_refused_before_anything_is_made(status: str) -> None:
    """CodePipeline would take it, and fail at its first run."""
    with pytest.raises(RunError, match=f"whose status is {status}: complete the handshake in the console"):
        run(LEAST, connection=status)


def test_the_older_kind_of_connection_is_taken() -> None:
    """AWS renamed the service; ARNs made before keep their name."""
    old = CONNECTION.replace("codeconnections", "codestar-connections")
    assert settings({"connection_arn": old}).connection_arn == old


def test_the_file_as_it_is_generated_says_what_is_missing() -> None:
    """Nothing can be deployed before the user has filled it in."""
    with pytest.raises(RunError, match="is None: write"):
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
def test_any_text_is_taken_or_refused_in_words(changes: dict[str, str]) -> None:
    """No value of any setting gives another error."""
    try:
        settings(changes)
    except SettingError as refused:
        assert str(refused).endswith(".")
