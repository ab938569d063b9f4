"""The generator of ``examples/backstage/template.yaml``, Backstage's entity of this template."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from . import limits
from .answers import FORMS, RULES
from .library import REPOSITORY, VERSION, address
from .questions import declared

FILE = REPOSITORY / "examples" / "backstage" / "template.yaml"

_MOST = {
    "context_name": limits.PACKAGE,
    "plural": limits.PLURAL,
    "description": limits.DESCRIPTION,
    "owner": limits.OWNER,
}
"""The maximum length of answers in characters. Only the bake checks the other rules, with a sentence."""

_HEAD = """\
# This template in Backstage; README.md has the setup. `uv run template examples` generates it from cookiecutter.json.
"""

Part = dict[str, Any]


def write(path: Path = FILE) -> None:
    """Write the file."""
    path.write_text(text(), encoding="utf-8")


def text() -> str:
    """Return the file's text."""
    return _HEAD + yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120)


def document() -> Part:
    """Return the template as an entity of Backstage's catalogue (scaffolder.backstage.io/v1beta3)."""
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {
            "name": "bounded-context",
            "title": "Bounded context on AWS",
            "description": "A repository of a new bounded context: its rules, infrastructure, pipeline and tests.",
            "tags": ["aws", "bounded-context", "python"],
        },
        "spec": {
            "owner": "platform-team",
            "type": "service",
            "parameters": [page()],
            "steps": list(_steps()),
            "output": {
                "links": [
                    {"title": "Repository", "url": "${{ steps.publish.output.remoteUrl }}"},
                    {"title": "In the catalogue", "entityRef": "${{ steps.register.output.entityRef }}"},
                ]
            },
        },
    }


def page() -> Part:
    """Return the page of parameters: a JSON Schema of the answers and of the repository's URL."""
    questions = declared()
    properties = {name: _property(name, questions[name], questions["__prompts__"][name]) for name in RULES}
    place = {
        "title": "Where the repository goes",
        "type": "string",
        "ui:field": "RepoUrlPicker",
        "ui:options": {"allowedHosts": ["github.com"]},
    }
    return {
        "title": "A new bounded context",
        "required": ["context_name", "repoUrl"],
        "properties": {**properties, "repoUrl": place},
    }


def _property(name: str, default: str | list[str], words: str) -> Part:
    parameter: Part = {"title": name.replace("_", " ").capitalize(), "type": "string", "description": words}
    if isinstance(default, list):
        return {**parameter, "enum": default, "default": default[0]}
    parameter["maxLength"] = _MOST.get(name, limits.ANSWER)
    if name in FORMS:
        parameter["pattern"] = f"^({FORMS[name].pattern})$"
    # The bake computes defaults that depend on other answers. The name of a new context has no default.
    return parameter if "<<" in default or name == "context_name" else {**parameter, "default": default}


def _steps() -> Iterator[Part]:
    yield {
        "id": "bake",
        "name": "Bake the repository",
        "action": "fetch:cookiecutter",
        "input": {
            "url": f"{address()}/tree/v{VERSION}",
            "values": {name: f"${{{{ parameters.{name} }}}}" for name in RULES},
        },
    }
    yield {
        "id": "publish",
        "name": "Publish it",
        "action": "publish:github",
        "input": {
            "repoUrl": "${{ parameters.repoUrl }}",
            "description": "${{ parameters.description }}",
            "defaultBranch": "main",
        },
    }
    yield {
        "id": "register",
        "name": "Register it in the catalogue",
        "action": "catalog:register",
        "input": {
            "repoContentsUrl": "${{ steps.publish.output.repoContentsUrl }}",
            "catalogInfoPath": "/catalog-info.yaml",
        },
    }
