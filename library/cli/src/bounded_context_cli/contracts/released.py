"""Breaks with the data that earlier versions of a context store, stage, accept and publish.

The files ``released/<version>.json`` stay for ever, and every later version must read their samples. A file has the
schema of the details and a sample of each form. The first `context contracts` of a version writes the file. Later runs
add new forms and never change existing samples, so a version number that was raised too late loses no sample.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, cast

from boto3.dynamodb.types import TypeDeserializer
from pydantic import ValidationError

from bounded_context.adapters import items
from bounded_context.adapters.items import Items
from bounded_context.application.ports import Files
from bounded_context.application.queries import BadCursor, position
from bounded_context.application.staging import VALIDATED, Part, Staging, read_part
from bounded_context.declaration.context import Context
from bounded_context.declaration.structure import INDEX_SHARDS, LIST_ENDS
from bounded_context.handlers.commands import Message
from bounded_context.handlers.steps import ErrorEvent, PartEvent, StepEvent

from ..command.output import update_file
from ..programs.pulumi_files import MISSPELT, nearest
from .baseline import Baseline
from .compatibility import declaration_file, narrower
from .openapi.document import view
from .published import breaking, may_break, numbers, release
from .sample_form import as_text
from .samples import ANSWER, CURSOR, ITEM, LIST, MANIFEST, PART, STEP, Version, version_of

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
    return items.to_list(_plain(sample))


def _answer(context: Context[Any], sample: Any) -> object:
    # An answer is stored for a day: callers of a renamed field know the earlier name then.
    values = sample[context.name]
    renamed = {name: values[old] for name, old in context.attributes.items() if old in values and name not in values}
    return view(context).model_validate(values | renamed)


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


FOLDER: Final = "released"
"""The folder of the files ``<version>.json``, one for each version, to which samples are only added."""

_SECTIONS: Final = ("stored", "staged", "asked", "sent")
_PAGE: Final = "(`uv run context docs changing what-would-break`)"


@dataclass(frozen=True)
class Released:
    """The samples of a repository's versions, and the current code."""

    context: Context[Any]
    root: Path

    @cached_property
    def baseline(self) -> Baseline:
        """The fixed contracts."""
        return Baseline.of(self.root)

    @cached_property
    def versions(self) -> dict[str, Version]:
        """The fixed content of each version's file, the newest version last."""
        paths = sorted((self.root / FOLDER).glob("*.json"), key=lambda path: numbers(path.stem))
        texts = {path.stem: self.baseline.text(f"{FOLDER}/{path.name}") for path in paths}
        return {version: json.loads(text) for version, text in texts.items() if text is not None}

    @cached_property
    def made(self) -> Version:
        """The samples of the current code. Raises NoSample."""
        return version_of(self.context)

    @cached_property
    def release(self) -> str:
        """The version in ``pyproject.toml``."""
        return release(self.root)

    @cached_property
    def grown(self) -> Version:
        """The new content of this version's file."""
        return _grown(self.versions.get(self.release), self.made)

    @property
    def is_written(self) -> bool:
        """Whether this version's file is up to date."""
        path = self.root / FOLDER / f"{self.release}.json"
        return path.is_file() and json.loads(path.read_text(encoding="utf-8")) == self.grown

    def write(self) -> None:
        """Write this version's file."""
        update_file(self.root / FOLDER / f"{self.release}.json", as_text(self.grown))

    def data_breaks(self) -> Iterator[str]:
        """Yield a sentence for each break with stored or staged data, and with the newest version's required fields.

        That version runs at the same time during a release. No version number permits these breaks: the data stays.
        """
        unread = self._unread(("stored", "staged"), self.versions)
        renamed = {field: self._old_name(field) for field, fault in unread if fault == MISSING}
        for (field, fault), where in unread.items():
            looks = f", and looks renamed from {renamed[field]}" if renamed.get(field) else ""
            yield f"{field or 'A value'} {fault} in {where}{looks}: {_remedy(field, fault, renamed)} {_PAGE}."
        for phrases, versions in self._narrowed({field for field, _ in unread}).items():
            yield (
                f"{' and '.join(phrases)}, and {', '.join(versions)} may have stored values that are now rejected: "
                f"keep the field, and add a new field with a default {_PAGE}."
            )
        yield from self._missed(set(renamed.values()))

    def transitions(self) -> Iterator[str]:
        """Yield a line for each earlier name of a field, with the version that may end it."""
        models = (self.context.details, self.context.state, *(command.model for command in self.context.commands))
        for old, name in sorted({pair for model in models for pair in model.earlier_names.items()}):
            until = f"accepted and published until {self._end_of(name)} or later"
            yield f'{old}, the earlier name of {name}, is {until}: end it there by StoredAs("{old}")'

    def _end_of(self, name: str) -> str:
        """Return the first version that may end the transition to a name. An earlier version must have begun it."""
        forms = [json.dumps([content["stored"], content["asked"]]) for content in self.versions.values()]
        has_begun = any(f'"{name}"' in form for form in forms)
        may_end = has_begun and all(may_break(version, self.release) for version in self.versions)
        return self.release if may_end else breaking(self.release)

    def interface_breaks(self) -> Iterator[str]:
        """Yield a sentence for each break of callers and subscribers, unless this version's number permits it."""
        for version, content in self.versions.items():
            if not may_break(version, self.release):
                yield from self._gone(version, content)
        relied = {version: self._known(content) for version, content in self._relied().items()}
        reported = {field for field, _ in self._unread(("stored", "staged"), self.versions)}
        for (field, fault), where in self._unread(("asked",), relied).items():
            if field not in reported:
                yield f"{field or 'A value'} {fault} in {where}: undo the change, or {self._raise_version}."

    @property
    def _raise_version(self) -> str:
        return f'write version = "{breaking(self.release)}" into pyproject.toml if callers know {_PAGE}'

    def _relied(self) -> Mapping[str, Version]:
        return {version: content for version, content in self.versions.items() if not may_break(version, self.release)}

    def _known(self, version: Version) -> Version:
        forms = {CURSOR, *(command.name for command in self.context.commands)}
        return {"asked": {form: samples for form, samples in version["asked"].items() if form in forms}}

    def _gone(self, version: str, content: Version) -> Iterator[str]:
        commands, events = {CURSOR, *(command.name for command in self.context.commands)}, self.context.events
        for form in sorted(content["asked"].keys() - commands):
            fault = f"The command {form} is gone, and callers of {version} send it"
            yield self._gone_or_misspelt(form, fault, commands - content["asked"].keys())
        # A context that gave up its lists sends no events of lists. The declaration states this decision.
        of_lists = set() if self.context.has_lists else {f"{self.context.title}{end}" for end in LIST_ENDS}
        for form in sorted(content["sent"].keys() - {*events, *of_lists}):
            fault = f"The event {form} is gone, and subscribers of {version} receive it"
            yield self._gone_or_misspelt(form, fault, {*events} - content["sent"].keys())

    def _gone_or_misspelt(self, name: str, fault: str, new: Collection[str]) -> str:
        """Return the sentence about a name that is gone, with the line of a new and similar name."""
        file = declaration_file(self.context)
        if other := nearest(name, new, MISSPELT):
            lines = (self.root / file).read_text(encoding="utf-8").splitlines()
            number = next((number for number, line in enumerate(lines, 1) if other in line), 1)
            return f"{file}:{number}: {fault}, yet {other} is new: write {name}, or {self._raise_version}."
        return f"{fault}: bring it back, or {self._raise_version}."

    def _unread(self, sections: Iterable[str], versions: Mapping[str, Version]) -> dict[Problem, str]:
        """Return each problem with the samples and versions in which it occurs."""
        occurrences: dict[Problem, dict[str, list[str]]] = {}
        for version, content in versions.items():
            for form, sample in _samples(content, *sections):
                for problem in problems(self.context, form, sample):
                    occurrences.setdefault(problem, {}).setdefault(version, []).append(form)
        return {problem: _places(places) for problem, places in occurrences.items()}

    def _old_name(self, field: str) -> str | None:
        """Return the probable old name of a renamed field: a removed field with the same schema."""
        schema = self.made["details"].get(field)
        for content in reversed(self.versions.values()):
            for name, old in content["details"].items():
                if name not in self.made["details"] and old == schema:
                    return name
        return None

    def _narrowed(self, reported: set[str]) -> dict[tuple[str, ...], list[str]]:
        """Return the versions by the restrictions of a field since then."""
        versions: dict[tuple[str, ...], list[str]] = {}
        for version, content in self.versions.items():
            for name in content["details"].keys() & self.made["details"].keys() - reported:
                if phrases := tuple(narrower(content["details"][name], self.made["details"][name], name)):
                    versions.setdefault(phrases, []).append(version)
        return versions

    def _missed(self, renamed: set[str | None]) -> Iterator[str]:
        newest = next(reversed(self.versions), None)
        for name in self.versions[newest]["required"] if newest else ():
            if name not in {*self.made["details"], *renamed}:
                yield (
                    f"{name} is gone, and {newest}, which also runs during the release, cannot read data without it: "
                    f"give it a default first, and remove it in a later version {_PAGE}."
                )


def _places(places: Mapping[str, list[str]]) -> str:
    return " and ".join(
        f"{', '.join(dict.fromkeys(forms))} of {FOLDER}/{version}.json" for version, forms in places.items()
    )


def _remedy(field: str, fault: str, renamed: Mapping[str, str | None]) -> str:
    if old := renamed.get(field):
        return f'write `{field}: Annotated[..., Renamed("{old}")]`'
    if fault == MISSING:
        return "give it a default, as in `note: Text | None = None`"
    if field:
        return "keep the field, and add a new field with a default"
    return "keep the old value until no stored item has it"


def _samples(version: Version, *sections: str) -> list[tuple[str, Any]]:
    """Return each sample of these sections with the name of its form."""
    return [(form, sample) for section in sections for form, samples in version[section].items() for sample in samples]


def _grown(old: Version | None, new: Version) -> Version:
    """Return the new content of a version's file: all its samples, the new samples, and the current fields."""
    if old is None:
        return new
    return {**new, **{section: _joined(old[section], new[section]) for section in _SECTIONS}}


def _joined(old: Mapping[str, list[Any]], new: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    return {form: _with(old.get(form, []), new.get(form, [])) for form in {**old, **new}}


def _with(old: list[Any], new: list[Any]) -> list[Any]:
    return [*old, *(sample for sample in new if sample not in old)]
