"""`context openapi`: the HTTP API's OpenAPI document in ``docs/api``, its page, and breaking changes.

The API must accept the requests that callers send today, so parameters and bodies may not become required or narrower,
and tokens need no other scopes.
The answers must keep all fields, headers and types that callers read. New enumeration values, fields and refusals (4xx,
503) do not break callers. Clients treat an unknown status like the first status of its class (RFC 9110, section 15).
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.declaration.deprecation import DEPRECATION, SUNSET
from bounded_context.domain.aggregate import enumerated
from bounded_context_infra.configuration.project import ProjectError

from ...command.installed import repository
from ...command.output import fail, update_file
from ...views.pages.api import api_page
from ..baseline import Baseline
from ..compatibility import branches, inlined, narrower, within, without_null
from ..deprecation import removed_early
from ..published import breaking, may_break, release
from .document import as_json, document

FOLDER: Final = Path("docs", "api")
NAME: Final = "openapi.json"


Part = Mapping[str, Any]

_METHODS: Final = ("get", "put", "post", "delete", "patch")
_OF_DEPRECATION: Final = {DEPRECATION, SUNSET}
"""The headers that a route no longer has when its deprecation is withdrawn."""
_SHAPE: Final = ("type", "format")
"""Keywords that determine how a client reads a value (JSON Schema 2020-12)."""


def breaks(old: Part, new: Part) -> Iterator[str]:
    """Yield a phrase, with the operation's name, for each change from ``old`` to ``new`` that breaks callers."""
    after = _operations(new)
    for name, (title, operation) in _operations(old).items():
        if name not in after:
            yield f"{title}: the operation is gone"
        else:
            yield from (f"{title}: {phrase}" for phrase in _operation(operation, after[name][1]))


def _operations(document: Part) -> dict[str, tuple[str, Part]]:
    """Return each operation with its method and path, keyed by method and path without the parameters' names."""
    paths = inlined(document["paths"], document)
    return {
        f"{method} {re.sub(r'{[^}]*}', '{}', path)}": (f"{method.upper()} {path}", operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in _METHODS
    }


def _operation(old: Part, new: Part) -> Iterator[str]:
    yield from _scopes(_accepted(old), _accepted(new))
    yield from _parameters(_by_place(old), _by_place(new))
    yield from _body(old.get("requestBody", {}), new.get("requestBody", {}))
    yield from _answers(_good(old), _good(new))


def _accepted(operation: Part) -> set[str]:
    """Return the scopes of which a token needs one."""
    return {scope for required in operation.get("security", ()) for scope in required.get("jwt", ())}


def _scopes(old: set[str], new: set[str]) -> Iterator[str]:
    # Without scopes, every token is accepted.
    if new and (not old or old - new):
        yield f"a token needs {' or '.join(sorted(new))}"


def _by_place(operation: Part) -> dict[str, Part]:
    """Return the parameters by a name for messages: path parameters by position, others by name without case."""
    parameters: dict[str, Part] = {}
    for parameter in operation.get("parameters", ()):
        place, name = parameter["in"], parameter["name"].casefold()
        number = sum(other["in"] == "path" for other in parameters.values())
        parameters[f"part {number + 1} of the path" if place == "path" else f"the {place} {name}"] = parameter
    return parameters


def _parameters(old: Mapping[str, Part], new: Mapping[str, Part]) -> Iterator[str]:
    for name in old.keys() - new.keys():
        yield f"{name} is gone"
    for name, parameter in new.items():
        if parameter.get("required") and not old.get(name, {}).get("required"):
            yield f"{name} is required"
        elif name in old:
            # Documents before 0.4.0 allowed null.
            yield from narrower(without_null(old[name]["schema"]), parameter["schema"], name)


def _body(old: Part, new: Part) -> Iterator[str]:
    if new.get("required") and not old.get("required"):
        yield "a body is required"
    for kind, content in old.get("content", {}).items():
        if kind not in new.get("content", {}):
            yield f"a body of {kind} is no longer accepted"
        else:
            yield from narrower(content["schema"], new["content"][kind]["schema"])


def _good(operation: Part) -> Mapping[str, Part]:
    return {status: response for status, response in operation["responses"].items() if status < "400"}


def _answers(old: Mapping[str, Part], new: Mapping[str, Part]) -> Iterator[str]:
    for status in sorted(old.keys() ^ new.keys()):
        yield f"the answer {status} is {'gone' if status in old else 'new, and callers do not know it'}"
    for status in sorted(old.keys() & new.keys()):
        yield from _answer(old[status], new[status])


def _answer(old: Part, new: Part) -> Iterator[str]:
    for header in sorted(old.get("headers", {}).keys() - new.get("headers", {}).keys() - _OF_DEPRECATION):
        yield f"the answer's header {header} is gone"
    for kind, content in old.get("content", {}).items():
        if kind not in new.get("content", {}):
            yield f"an answer of {kind} is gone"
        else:
            yield from _lost(content["schema"], new["content"][kind]["schema"], "the answer's")


def _lost(old: Part, new: Part, field: str) -> Iterator[str]:
    known = [_shape(branch) for branch in branches(old)]
    if any(_shape(branch) not in known for branch in branches(new)):
        yield f"{field} is of another type"
    for name, schema in old.get("properties", {}).items():
        inner = f"{field} {name}" if field == "the answer's" else within(field, name)
        if name not in new.get("properties", {}):
            yield f"{inner} is gone"
        elif name in old.get("required", ()) and name not in new.get("required", ()):
            yield f"{inner} may be missing"
        else:
            yield from _lost(schema, new["properties"][name], inner)
    if "items" in old and "items" in new:
        yield from _lost(old["items"], new["items"], f"{field} item's" if field == "the answer's" else field)


def _shape(schema: Part) -> tuple[Any, ...]:
    return tuple(schema.get(keyword) for keyword in _SHAPE)


def expected(context: Context[Any], root: Path) -> str:
    """Return the expected text of a repository's OpenAPI document."""
    return as_json(document(context, release(root)))


def missed(context: Context[Any], root: Path) -> Iterator[str]:
    """Yield a sentence for each break of callers that use the committed document of a repository.

    Yields nothing if the package's version permits breaking changes since the document's version.
    """
    text, version = Baseline.of(root).text(f"{FOLDER.as_posix()}/{NAME}"), release(root)
    old = json.loads(text) if text else None
    if old is None or may_break(old["info"]["version"], version):
        return
    new = document(context, version) if context.api else {"paths": {}}
    routes: dict[str, list[str]] = {}
    for phrase in breaks(old, new):
        title, _, change = phrase.partition(": ")
        routes.setdefault(change, []).append(title)
    for change, titles in routes.items():
        yield (
            f"{enumerated(titles)}: {change}, and callers that use {FOLDER / NAME} of "
            f"{old['info']['version']} rely on it: undo the change, add the new form without removing the old one, "
            f'or, if callers know about the break, write version = "{breaking(version)}" into pyproject.toml.'
        )


def openapi() -> int:
    """Write the OpenAPI document from the code, and its page into `build/`. Print each written file.

    Examples:
      context openapi

    Exit status:
      0  the documents match the code
      1  nothing is written: the context has no HTTP API, or its callers would miss a field
    """
    try:
        own_repository = repository()
    except ProjectError as missing:
        return fail(str(missing))
    if not own_repository.context.api:
        return fail(f"{own_repository.context.title} has no HTTP API: write api=True in its context first.")
    early = removed_early(own_repository.context, Baseline.of(own_repository.root))
    if broken := [*missed(own_repository.context, own_repository.root), *early]:
        return fail("\n".join(broken))
    document, page = own_repository.root / FOLDER / NAME, own_repository.build / "api.html"
    text = expected(own_repository.context, own_repository.root)
    for path, content in (
        (document, text),
        (page, api_page(json.loads(text), document=os.path.relpath(document, page.parent))),
    ):
        update_file(path, content)
        sys.stdout.write(f"{path}\n")
    return 0
