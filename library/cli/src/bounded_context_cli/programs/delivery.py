"""The recorded graph of the pipeline. Missing settings that only its owner can provide get sample values."""

from typing import Any

from bounded_context_infra.configuration.partition import partition_of
from bounded_context_infra.configuration.pipeline_settings import SourceKind
from bounded_context_infra.configuration.project import current

from .pulumi_files import PIPELINE, config, project_name, settings
from .recording import ACCOUNT, Graph, Program, recorded, recorded_region

_ID = "0f5a1c2e-1111-2222-3333-444455556666"


def delivery(stack: str = PIPELINE) -> Program:
    """Return the program that deploys the current repository's pipeline. Raises NoProject."""
    folder = current().pipeline
    answers = {
        "aws:codestarconnections/getConnection:getConnection": {"connectionStatus": "AVAILABLE"},
        "aws:kms/getKey:getKey": {"arn": _arn(_region(stack), "kms", f"key/{_ID}")},
        "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": settings(folder, stack).get("account", ACCOUNT)},
    }
    return Program(folder, project_name(folder), answers)


def run_delivery(stack: str) -> Graph:
    """Return the graph of the current repository's pipeline for `stack`, recorded once. Raises the program's errors."""
    root, program = current().root, delivery(stack)
    return recorded(f"{program} {stack}", lambda: program.run(stack, **sample_settings(stack)), root)


def source_kind() -> SourceKind:
    """Return the kind of the source that the program of the pipeline names."""
    text = (current().pipeline / "__main__.py").read_text(encoding="utf-8")
    return "codecommit" if '"codecommit"' in text else "codeconnections"


def _region(stack: str) -> str:
    return recorded_region(config(current().pipeline, stack))


def _arn(region: str, service: str, resource: str) -> str:
    return partition_of(region).arn_of(f"{service}:{region}:{ACCOUNT}:{resource}")


def sample_settings(stack: str) -> dict[str, Any]:
    """Return sample values for the settings that the stack's file lacks."""
    given = settings(current().pipeline, stack)
    region = _region(stack)
    backend = {"backend": "s3://state", "secrets_provider": f"awskms://alias/state?region={region}"}
    samples = {**_source(region), **({} if "backend" in given else backend)}
    missing = {key: value for key, value in samples.items() if key not in given}
    environments = [_with_account(environment) for environment in given.get("environments", ())]
    return {**missing, "environments": environments, "shared_accounts": [*given.get("shared_accounts", ()), ACCOUNT]}


def _source(region: str) -> dict[str, str]:
    """Return sample settings for the source that the program uses."""
    if source_kind() == "codecommit":
        return {"repository": "repository"}
    connection = _arn(region, "codeconnections", f"connection/{_ID}")
    return {"repository": "organization/repository", "connection_arn": connection}


def _with_account(environment: dict[str, Any]) -> dict[str, Any]:
    return environment if "roles" in environment else {"account": ACCOUNT, **environment}
