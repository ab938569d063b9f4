"""The AppSpec of a deployment for Lambda: the alias, its current version, its target version and the hooks."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import yaml

from .errors import Refused

BEFORE = "BeforeAllowTraffic"
AFTER = "AfterAllowTraffic"
PROPERTIES = ("Name", "Alias", "CurrentVersion", "TargetVersion")

_CONTENTS = {"AppSpecContent": "appSpecContent", "String": "string"}
_VERSION = re.compile(r"[1-9]\d*")


@dataclass(frozen=True)
class AppSpec:
    """A parsed AppSpec; `hooks` maps lifecycle events to function names."""

    resource: str
    function: str
    alias: str
    current: str
    target: str
    hooks: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_revision(cls, revision: Mapping[str, Any]) -> Self:
        """Read and check the AppSpec of a revision. Raises Refused with InvalidRevisionException."""
        content = _content(revision)
        try:
            document = yaml.safe_load(content)
        except yaml.YAMLError as error:
            raise _invalid(f"The AppSpec is neither JSON nor YAML: {error}") from error
        if not isinstance(document, dict) or str(document.get("version")) != "0.0":
            raise _invalid("The AppSpec must contain version: 0.0.")
        resource, properties = _resource(document.get("Resources"))
        name, alias, current, target = (properties[key] for key in PROPERTIES)
        return cls(resource, name, alias, current, target, _hooks(document.get("Hooks") or []))

    def reversed(self) -> Self:
        """Return the AppSpec of the rollback, without hooks."""
        return replace(self, current=self.target, target=self.current, hooks={})

    def revision(self) -> dict[str, Any]:
        """Return the revision of a deployment with this AppSpec."""
        properties = dict(zip(PROPERTIES, (self.function, self.alias, self.current, self.target), strict=True))
        resource = {self.resource: {"Type": "AWS::Lambda::Function", "Properties": properties}}
        hooks = [{event: name} for event, name in self.hooks.items()]
        content = json.dumps({"version": 0.0, "Resources": [resource], "Hooks": hooks})
        digest = hashlib.sha256(content.encode()).hexdigest()
        return {"revisionType": "AppSpecContent", "appSpecContent": {"content": content, "sha256": digest}}


def _content(revision: Mapping[str, Any]) -> str:
    kind = revision.get("revisionType")
    if kind not in _CONTENTS:
        raise _invalid(f"The stand-in does not support revisions of type {kind}: pass the AppSpec as AppSpecContent.")
    member = revision.get(_CONTENTS[kind]) or {}
    content = member.get("content", "")
    if member.get("sha256") not in (None, hashlib.sha256(content.encode()).hexdigest()):
        raise _invalid("The sha256 of the revision does not match its content.")
    return content


def _resource(resources: Any) -> tuple[str, dict[str, str]]:
    if not (isinstance(resources, list) and len(resources) == 1 and isinstance(resources[0], dict)):
        raise _invalid("The AppSpec must contain a list Resources with exactly one function.")
    [(name, resource)] = resources[0].items()
    if resource.get("Type") != "AWS::Lambda::Function":
        raise _invalid(f"The AppSpec's resource {name} has to be of type AWS::Lambda::Function.")
    properties = {key: str(resource.get("Properties", {}).get(key) or "") for key in PROPERTIES}
    if missing := [key for key, value in properties.items() if not value]:
        raise _invalid(f"The AppSpec's resource {name} lacks {', '.join(missing)}.")
    for key in ("CurrentVersion", "TargetVersion"):
        if not _VERSION.fullmatch(properties[key]):
            raise _invalid(f"The AppSpec's {key} is {properties[key]!r}: write the number of a published version.")
    return name, properties


def _hooks(hooks: list[dict[str, str]]) -> dict[str, str]:
    found = {event: function for hook in hooks for event, function in hook.items()}
    if unknown := found.keys() - {BEFORE, AFTER}:
        raise _invalid(f"The AppSpec has a hook {', '.join(sorted(unknown))}: Lambda knows {BEFORE} and {AFTER}.")
    return found


def _invalid(message: str) -> Refused:
    return Refused("InvalidRevisionException", message)
