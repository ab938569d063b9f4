"""AWS's CLI: its options as parameters of a request, its output, and samples of answers."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from botocore import xform_name

from .world import require

_GLOBAL: Final = ("query", "output", "max-items", "cli-binary-format")
_RENAMED: Final = {"notification-endpoint": "endpoint"}
"""Options that AWS's CLI renames (aws-cli, `awscli/customizations/argrename.py`)."""


def options(words: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of each option."""
    values, last = dict[str, list[str]](), list[str]()
    for word in words:
        if word.startswith("--"):
            last = values.setdefault(word.removeprefix("--"), [])
        else:
            require(values, f"Unknown options: {word}")
            last.append(word)
    return values


def parameters(shape: Any, words: Sequence[str], folder: Path) -> dict[str, Any]:
    """Return the parameters of a request, as AWS's CLI does. Raises Refused."""
    members, result = {xform_name(name, "-"): name for name in shape.members}, dict[str, Any]()
    given = options(words)
    is_raw = given.get("cli-binary-format") == ["raw-in-base64-out"]
    for name, values in given.items():
        if name in _GLOBAL:
            continue
        name = _RENAMED.get(name, name)
        member = members.get(name) or members.get(name.removeprefix("no-"))
        require(member, f"Unknown options: --{name}")
        of = shape.members[member]
        require(of.type_name != "blob" or is_raw or values[0].startswith("fileb://"), f"Invalid base64: {values}")
        result[str(member)] = name in members if of.type_name == "boolean" else _value(of, values, folder)
    return result


def _value(shape: Any, words: Sequence[str], folder: Path) -> Any:
    require(words, "expected at least one argument")
    if shape.type_name == "list" and not words[0].startswith(("[", "file://")):
        return [_value(shape.member, [word], folder) for word in words]
    text, *others = words
    require(not others, f"Unknown options: {' '.join(others)}")
    if text.startswith("file://"):
        file = folder / text.removeprefix("file://")
        require(file.exists(), f"Unable to load paramfile {text}")
        text = file.read_text()
    if shape.type_name in ("list", "map", "structure"):
        return json.loads(text) if text[:1] in "[{" else dict(_shorthand(shape, text, folder))
    if shape.type_name == "boolean":
        return json.loads(text)
    return int(text) if shape.type_name in ("integer", "long") else text


def _shorthand(shape: Any, text: str, folder: Path) -> Iterator[tuple[str, Any]]:
    for part in text.split(","):
        name, _, value = part.partition("=")
        member = shape.value if shape.type_name == "map" else shape.members.get(name)
        require(member, f"Unknown parameter in input: {name}")
        yield name, _value(member, [value], folder)


def printed(answer: Any, *, text: bool) -> str:
    """Return an answer as AWS's CLI prints it, as JSON or as text."""
    if not text or isinstance(answer, dict):
        return f"{json.dumps(answer, default=str)}\n"
    return "\t".join(map(str, answer if isinstance(answer, list) else [answer])) + "\n"


def sample(shape: Any, name: str, account: str, depth: int = 6) -> Any:
    """Return a sample of an answer; texts contain their member's name and the account."""
    if shape is None or not depth:
        return {}
    match shape.type_name:
        case "structure":
            return {key: sample(of, key, account, depth - 1) for key, of in shape.members.items()}
        case "list":
            return [sample(shape.member, name, account, depth - 1)]
        case "map":
            return {name: sample(shape.value, name, account, depth - 1)}
        case "string":
            return f"{name}@{account}"
    return 1
