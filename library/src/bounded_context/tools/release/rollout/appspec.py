"""The AppSpec of a CodeDeploy deployment: the alias, its current version and its target version."""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .outputs import Function

if TYPE_CHECKING:
    from mypy_boto3_codedeploy.type_defs import RevisionLocationTypeDef

_HOOKS = {"pre_traffic": "BeforeAllowTraffic", "post_traffic": "AfterAllowTraffic"}


def appspec(function: Function, current: str, target: str, hooks: Mapping[str, str]) -> str:
    """Return the AppSpec as JSON (CodeDeploy user guide, "AppSpec file structure" for Lambda); hooks may be empty."""
    properties = {
        "Name": function.aws_name,
        "Alias": function.alias,
        "CurrentVersion": current,
        "TargetVersion": target,
    }
    document = {
        "version": 0.0,
        "Resources": [{function.name: {"Type": "AWS::Lambda::Function", "Properties": properties}}],
        "Hooks": [{_HOOKS[name]: hook} for name, hook in hooks.items()],
    }
    if not hooks:
        del document["Hooks"]
    return json.dumps(document, indent=2) + "\n"


def revision(content: str) -> "RevisionLocationTypeDef":
    """Return the AppSpec, with its hash, as the revision of a deployment."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": content, "sha256": digest}}
