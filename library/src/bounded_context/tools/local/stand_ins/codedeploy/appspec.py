"""The AppSpec of a deployment for Lambda: the alias, its current version, its target version and the hooks."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import Refused

BEFORE = "BeforeAllowTraffic"
AFTER = "AfterAllowTraffic"

_CONTENTS = {"AppSpecContent": "appSpecContent", "String": "string"}
_Version = Annotated[str, Field(pattern=r"^[1-9]\d*$")]
"""The number of a published version."""
_Name = Annotated[str, Field(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=str.capitalize, coerce_numbers_to_str=True)


class _Properties(_Model):
    name: _Name
    alias: _Name
    current: _Version = Field(alias="CurrentVersion")
    target: _Version = Field(alias="TargetVersion")


class _Function(_Model):
    type: Literal["AWS::Lambda::Function"]
    properties: _Properties


class _Document(_Model):
    version: Annotated[str, Field(alias="version", pattern=r"^0\.0$")]
    resources: list[Annotated[dict[str, _Function], Field(min_length=1, max_length=1)]] = Field(
        min_length=1, max_length=1
    )
    hooks: list[dict[Literal["BeforeAllowTraffic", "AfterAllowTraffic"], str]] | None = None


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
        try:
            document = _Document.model_validate(yaml.safe_load(_content(revision)))
        except yaml.YAMLError as error:
            raise _invalid(f"The AppSpec is neither JSON nor YAML: {error}") from error
        except ValidationError as error:
            faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}, not {one['input']!r}" for one in error.errors()]
            raise _invalid(f"The AppSpec is invalid: {'; '.join(faults)}") from error
        [(resource, function)] = document.resources[0].items()
        found = function.properties
        hooks: dict[str, str] = {event: name for hook in document.hooks or [] for event, name in hook.items()}
        return cls(resource, found.name, found.alias, found.current, found.target, hooks)

    def reversed(self) -> Self:
        """Return the AppSpec of the rollback, without hooks."""
        return replace(self, current=self.target, target=self.current, hooks={})

    def revision(self) -> dict[str, Any]:
        """Return the revision of a deployment with this AppSpec."""
        versions = {"CurrentVersion": self.current, "TargetVersion": self.target}
        properties = {"Name": self.function, "Alias": self.alias, **versions}
        resource = {self.resource: {"Type": "AWS::Lambda::Function", "Properties": properties}}
        hooks = [{event: name} for event, name in self.hooks.items()]
        content = json.dumps({"version": 0.0, "Resources": [resource], "Hooks": hooks})
        return {"revisionType": "AppSpecContent", "appSpecContent": {"content": content, "sha256": sha256(content)}}


def sha256(content: str) -> str:
    """Return the hash of an AppSpec, as revisions contain it."""
    return hashlib.sha256(content.encode()).hexdigest()


def _content(revision: Mapping[str, Any]) -> str:
    kind = revision.get("revisionType")
    if kind not in _CONTENTS:
        raise _invalid(f"The stand-in does not support revisions of type {kind}: pass the AppSpec as AppSpecContent.")
    member = revision.get(_CONTENTS[kind]) or {}
    content = member.get("content", "")
    if member.get("sha256") not in (None, sha256(content)):
        raise _invalid("The sha256 of the revision does not match its content.")
    return content


def _invalid(message: str) -> Refused:
    return Refused("InvalidRevisionException", message)
