"""Command lines of AWS's and Pulumi's CLI on pages, and their check against botocore's models and Pulumi's help."""

import re
import shlex
from base64 import b64decode
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import botocore.session
import jmespath
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from jmespath.exceptions import JMESPathError
from test_page_commands import COMMENT

_SHELL: Final = re.compile(r"^ *```(?:sh|bash|console)(?: account)?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_BLOCK: Final = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"`((?:aws|pulumi)\s[^`]+)`")
_SUBSTITUTION: Final = re.compile(r"\$\(([^()]*)\)")
_PLACEHOLDER: Final = re.compile(r"<([\w. ][^<>|\n]*?)>")
_VARIABLE: Final = re.compile(r"(?<!\w)\$([a-z]\w*)")

_SERVICES: Final = {"s3api": "s3", "deploy": "codedeploy"}
"""The names of services that differ in AWS's CLI (aws-cli, `awscli/handlers.py`)."""

_CUSTOM: Final = {
    ("s3", "cp"): {"recursive"},
    ("s3", "ls"): {"recursive"},
    ("logs", "tail"): {"since", "follow", "filter-pattern"},
    ("cloudtrail", "validate-logs"): {"trail-arn", "start-time", "end-time"},
}
"""Commands of AWS's CLI that are no operations, with options (AWS CLI Command Reference)."""

_RENAMED: Final = {("sns", "endpoint"): "notification-endpoint"}
"""Options that AWS's CLI renames (aws-cli, `awscli/customizations/argrename.py`)."""

NEWER: Final = {("transfer", "update-host-key"): {"storage-type", "kms-key"}}
"""Options of AWS's API reference that the installed botocore lacks. The page states the version that they need."""

_GLOBAL: Final = {"query", "output", "region", "profile", "cli-binary-format"}
_SESSION: Final = botocore.session.Session()
_ANY: Final = "0"
"""In place of a placeholder or the output of a command."""

_PAGED: Final = {"max-items", "page-size", "starting-token"}

PULUMI: Final = {
    "cancel": "stack yes",
    "config set": "stack secret",
    "destroy": "stack yes",
    "import": "stack parent generate-code yes",
    "login": "",
    "plugin install": "exact",
    "preview": "stack policy-pack save-plan diff expect-no-changes",
    "refresh": "stack preview-only target",
    "stack": "stack show-urns",
    "stack change-secrets-provider": "stack",
    "stack history": "stack",
    "stack init": "secrets-provider",
    "stack output": "stack json",
    "stack rm": "stack yes",
    "state delete": "stack force target-dependents yes",
    "state unprotect": "stack yes",
    "up": "stack yes plan",
}
"""Commands of Pulumi's CLI and their options, besides `--cwd`."""


def lines(page: str) -> Iterator[tuple[str, bool]]:
    """Yield the commands of a page's text and blocks, and whether the command is complete, as in a block."""
    for block in _SHELL.findall(page):
        yield from ((line, True) for line in block_lines(block))
    for code in _INLINE.findall(_BLOCK.sub("", page)):
        yield " ".join(code.split()), False


def block_lines(block: str) -> Iterator[str]:
    """Yield the lines of a shell block without comments; a line that a quote or a backslash continues is one."""
    line = ""
    for text in block.splitlines():
        line += COMMENT.sub("", text).strip()
        if line.endswith("\\"):
            line = line[:-1]
        elif line.count("'") % 2:
            line += " "
        elif line:
            yield line
            line = ""


def commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each command of a line, also of substitutions. Placeholders are one word."""
    line = _PLACEHOLDER.sub(_ANY, line)
    while inner := _SUBSTITUTION.search(line):
        yield from commands(inner[1])
        line = line[: inner.start()] + _ANY + line[inner.end() :]
    words: list[str] = []
    scanner = shlex.shlex(line, posix=True, punctuation_chars="|;&<>")
    scanner.whitespace_split, scanner.commenters = True, ""
    for word in [*scanner, ";"]:
        if word.strip("|;&<>"):
            words.append(word)
        elif words:
            yield words
            words = []


def rejected(line: str, *, complete: bool) -> list[str]:
    """Return why AWS's or Pulumi's CLI rejects the commands of a line; other commands pass."""
    judges = {"aws": _aws, "pulumi": _pulumi}
    return [
        f"{' '.join(words)}: {reason}"
        for words in commands(line)
        if words[0] in judges
        for reason in judges[words[0]](words[1:], complete)
    ]


def _given(words: list[str]) -> dict[str, str]:
    """Return the long options of a command line; the value is the word after the option."""
    return {
        word[2:].partition("=")[0]: word.partition("=")[2] or then
        for word, then in zip(words, [*words[1:], ""], strict=False)
        if word.startswith("--")
    }


def _aws(words: list[str], complete: bool) -> Iterator[str]:
    service, operation, rest = words[0], "".join(words[1:2]), words[2:]
    options = _given(rest)
    if custom := _CUSTOM.get((service, operation)):
        yield from _unknown(options, custom | _GLOBAL)
    elif operation == "wait":
        yield from () if rest[0] in _waiters(service) else (f"{service} has no waiter {rest[0]}",)
    elif operation not in _operations(service):
        yield f"{service} has no operation {operation}"
    else:
        newer = NEWER.get((service, operation), set())
        yield from _arguments(service, operation, options, complete and not newer & options.keys())
        if "query" in options:
            yield from _query(options["query"], _answered(_operations(service)[operation].output_shape, set()))


def _arguments(service: str, operation: str, options: dict[str, str], complete: bool) -> Iterator[str]:
    shape = _operations(service)[operation].input_shape
    members = {_RENAMED.get((service, _name(name)), _name(name)): of for name, of in shape.members.items()}
    switches = {f"no-{name}" for name, of in members.items() if of.type_name == "boolean"}
    newer = NEWER.get((service, operation), set())
    yield from _unknown(options, {*members, *switches} | _GLOBAL | _PAGED | newer)
    required = map(_name, shape.required_members if complete else ())
    yield from (f"--{name} is missing" for name in required if members.get(name) is not None and name not in options)
    for name, value in options.items():
        choices = getattr(getattr(members.get(name), "member", members.get(name)), "enum", None)
        if choices and value != _ANY and value not in choices:
            yield f"--{name} is none of {', '.join(choices)}"
        is_raw = options.get("cli-binary-format") == "raw-in-base64-out" or value.startswith("fileb://")
        if getattr(members.get(name), "type_name", "") == "blob" and not is_raw and not _is_base64(value):
            yield f"--{name} is no base64: write --cli-binary-format raw-in-base64-out"


def _is_base64(value: str) -> bool:
    """Whether AWS's CLI 2 takes the value of a blob without an option (AWS CLI User Guide, cli_binary_format)."""
    try:
        return bool(b64decode(value, validate=True))
    except ValueError:
        return False


def _query(expression: str, known: set[str]) -> Iterator[str]:
    """Yield why a JMESPath expression is invalid, or its fields that no answer has."""
    try:
        fields = set(_fields(jmespath.compile(expression).parsed))
    except JMESPathError as error:
        yield str(error).splitlines()[0]
    else:
        yield from (f"no answer has {name}" for name in sorted(fields - known))


def _fields(node: Any) -> Iterator[str]:  # noqa: ANN401 (jmespath's)
    if node["type"] == "field":
        yield node["value"]
    for child in node["children"]:
        yield from _fields(child)


def _answered(shape: Any, seen: set[str]) -> set[str]:  # noqa: ANN401 (botocore's)
    """Return the names of all members of an output, of its structures and lists."""
    parts = dict(getattr(shape, "members", {}))
    inner = [getattr(shape, name) for name in ("member", "value") if hasattr(shape, name)]
    for part in [*parts.values(), *inner] if shape and shape.name not in seen else ():
        seen.add(shape.name)
        parts |= dict.fromkeys(_answered(part, seen))
    return set(parts)


def _unknown(options: dict[str, str], known: set[str]) -> Iterator[str]:
    yield from (f"--{name} is no option" for name in options if name not in known)


def _name(member: str) -> str:
    return xform_name(member, "-")


@cache
def _operations(service: str) -> dict[str, Any]:
    """Return the models of a service's operations by their names in the CLI."""
    try:
        model = _SESSION.get_service_model(_SERVICES.get(service, service))
    except UnknownServiceError:
        return {}
    return {_name(name): model.operation_model(name) for name in model.operation_names}


def _waiters(service: str) -> set[str]:
    return set(map(_name, _SESSION.get_waiter_model(service).waiter_names))


def _pulumi(words: list[str], complete: bool) -> Iterator[str]:
    del complete  # no option is required
    command = next((name for name in (" ".join(words[:2]), *words[:1]) if name in PULUMI), None)
    if command is None:
        yield "Pulumi has no such command"
    else:
        yield from _unknown(_given(words), {"cwd", *PULUMI[command].split()})


def undefined(page: str) -> Iterator[str]:
    """Yield the variables and placeholders of a page's account blocks that the page does not define before the block.

    A placeholder is defined if the text before the block contains it. Several words describe themselves.
    """
    assigned: set[str] = set()
    for block in _SHELL.finditer(page):
        before = _BLOCK.sub("", page[: block.start()])
        for line in block_lines(block[1]):
            names = {name for name in _VARIABLE.findall(line) if name not in assigned and name.islower()}
            yield from (f"${name}" for name in sorted(names) if f"`${name}" not in before)
            assigned.update(re.findall(r"(?:^|for )(\w+)(?:=| in )", line))
            yield from (
                f"<{name}>" for name in _PLACEHOLDER.findall(line) if " " not in name and f"<{name}>" not in before
            )
