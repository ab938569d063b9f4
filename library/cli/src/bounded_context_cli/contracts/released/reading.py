"""Reading of samples by the current code: reports each field that cannot be read."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from boto3.dynamodb.types import TypeDeserializer
from pydantic import ValidationError

from bounded_context.adapters import list_items
from bounded_context.adapters.items import Items
from bounded_context.application.paging import BadCursor, position
from bounded_context.application.ports import Files
from bounded_context.application.staging import VALIDATED, Part, Staging, read_part
from bounded_context.declaration.context import Context
from bounded_context.declaration.structure import INDEX_SHARDS
from bounded_context.handlers.commands import Message
from bounded_context.handlers.steps import ErrorEvent, PartEvent, StepEvent

from ..openapi.views import view
from .samples import ANSWER, CURSOR, ITEM, LIST, MANIFEST, PART, STEP

MISSING: Final = "is missing"

Problem = tuple[str, str]
"""A field and its fault. The field is empty if the fault concerns no single field."""


def problems(context: Context[Any], form: str, sample: Any) -> Iterator[Problem]:
    """Yield the problems that keep the code from reading a sample of this form. A command's form must still exist."""
    try:
        _reader(context, form)(context, sample)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_context=False):
            field = ".".join(map(str, problem["loc"]))
            yield field, MISSING if problem["type"] == "missing" else f"is rejected ({problem['msg']})"
    except KeyError as error:
        yield str(error.args[0]), MISSING
    except BadCursor:
        yield "", "is no longer a valid cursor"
    except (TypeError, ValueError) as error:
        yield "", f"cannot be read ({error})"


def _reader(context: Context[Any], form: str) -> Callable[[Context[Any], Any], object]:
    if form.startswith(ITEM):
        return _item
    if form in _READERS:
        return _READERS[form]
    model = next(command.model for command in context.commands if command.name == form)
    return lambda _, sample: model.model_validate(Message.model_validate(sample).payload)


def _item(context: Context[Any], sample: Any) -> object:
    item = _plain(sample)
    if item["status"] not in {status.value for status in context.statuses}:
        raise ValueError(f"{context.statuses.__name__} has no {item['status']}")
    return Items(context).to_aggregate(item)


def _list(_: Context[Any], sample: Any) -> object:
    return list_items.to_list(_plain(sample))


def _answer(context: Context[Any], sample: Any) -> object:
    return view(context).model_validate(sample[context.name])


def _part(context: Context[Any], sample: Any) -> object:
    rows = read_part(_single_file(sample), Part(0, "", len(sample["rows"])), context.rows)
    return [context.details.model_validate_stored(row.values) for row in rows]


def _manifest(_: Context[Any], sample: Any) -> object:
    return Staging(_single_file(sample), "").manifest(VALIDATED)


def _step(_: Context[Any], sample: Any) -> object:
    return [kind.model_validate(sample) for kind in (StepEvent, PartEvent, ErrorEvent)]


def _cursor(_: Context[Any], sample: str) -> object:
    return position({}, sample, INDEX_SHARDS)


_READERS: Final[Mapping[str, Callable[[Context[Any], Any], object]]] = {
    LIST: _list,
    ANSWER: _answer,
    PART: _part,
    MANIFEST: _manifest,
    STEP: _step,
    CURSOR: _cursor,
}


@dataclass(frozen=True)
class _SingleFile:
    """A file store that contains one file."""

    data: bytes

    def read(self, _: str) -> bytes:
        return self.data


def _single_file(sample: Any) -> Files:
    return cast("Files", _SingleFile(json.dumps(sample).encode()))


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}
