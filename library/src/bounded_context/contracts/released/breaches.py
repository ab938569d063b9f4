"""What of an earlier version the code as it is cannot read or misses, each as a sentence that names the way."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from ...context import Context
from ..narrower import narrower
from ..release import breaking, may_break, release
from . import files
from .reading import MISSING, Problem, problems
from .samples import CURSOR, Version, version_of

_PAGE: Final = "(`uv run just docs changing what-would-break`)"


@dataclass(frozen=True)
class Released:
    """What a repository's versions kept and said, and the code as it is."""

    context: Context[Any]
    root: Path

    @cached_property
    def versions(self) -> dict[str, Version]:
        """What each version's file has, the newest last."""
        return files.versions(self.root)

    @cached_property
    def made(self) -> Version:
        """What the code as it is stores, stages, is asked and tells. Raises NoSample."""
        return version_of(self.context)

    @cached_property
    def release(self) -> str:
        """The version that ``pyproject.toml`` says."""
        return release(self.root)

    @cached_property
    def grown(self) -> Version:
        """What the file of this version is to have."""
        return files.grown(self.versions.get(self.release), self.made)

    @property
    def is_written(self) -> bool:
        """Whether the file of this version has it."""
        return self.versions.get(self.release) == self.grown

    def kept(self) -> Iterator[str]:
        """Say what was stored or staged and cannot be read, and what a version that runs beside this one would miss.

        There is no version that may break it: data stays.
        """
        unread = self._unread(("stored", "staged"), self.versions)
        renamed = {field: self._old_name(field) for field, what in unread if what == MISSING}
        for (field, what), where in unread.items():
            looks = f", and looks renamed from {renamed[field]}" if renamed.get(field) else ""
            yield f"{field or 'What'} {what} in {where}{looks}: {_way(field, what, renamed)} {_PAGE}."
        for phrase, found in self._narrowed({field for field, _ in unread}).items():
            yield (
                f"{phrase}, and {', '.join(found)} may have stored what is not taken now: "
                f"leave it, and let a field with a default come beside it {_PAGE}."
            )
        yield from self._missed(set(renamed.values()))

    def said(self) -> Iterator[str]:
        """Say what callers and subscribers of earlier versions rely on and miss, unless this one may break them."""
        for version, found in self.versions.items():
            if not may_break(version, self.release):
                yield from self._gone(version, found)
        relied = {version: self._known(found) for version, found in self._relied().items()}
        told = {field for field, _ in self._unread(("stored", "staged"), self.versions)}
        for (field, what), where in self._unread(("asked",), relied).items():
            if field not in told:
                yield f"{field or 'What'} {what} in {where}: take that back, or {self._meant}."

    @property
    def _meant(self) -> str:
        return f'write version = "{breaking(self.release)}" into pyproject.toml if callers know {_PAGE}'

    def _relied(self) -> Mapping[str, Version]:
        return {version: found for version, found in self.versions.items() if not may_break(version, self.release)}

    def _known(self, version: Version) -> Version:
        forms = {CURSOR, *(command.name for command in self.context.commands)}
        return {"asked": {form: one for form, one in version["asked"].items() if form in forms}}

    def _gone(self, version: str, found: Version) -> Iterator[str]:
        commands, events = {CURSOR, *(one.name for one in self.context.commands)}, self.context.events
        for form in found["asked"].keys() - commands:
            yield f"The command {form} is gone, and callers of {version} give it: bring it back, or {self._meant}."
        for form in found["sent"].keys() - set(events):
            yield f"The event {form} is gone, and subscribers of {version} hear it: bring it back, or {self._meant}."

    def _unread(self, sections: Iterable[str], versions: Mapping[str, Version]) -> dict[Problem, str]:
        """Return where each problem is found: in which samples of which versions."""
        found: dict[Problem, dict[str, list[str]]] = {}
        for version, one in versions.items():
            for form, sample in files.samples(one, *sections):
                for problem in problems(self.context, form, sample):
                    found.setdefault(problem, {}).setdefault(version, []).append(form)
        return {problem: _places(places) for problem, places in found.items()}

    def _old_name(self, field: str) -> str | None:
        """Return the field that this one looks renamed from: of the same schema, and gone."""
        schema = self.made["details"].get(field)
        for found in reversed(self.versions.values()):
            for name, old in found["details"].items():
                if name not in self.made["details"] and old == schema:
                    return name
        return None

    def _narrowed(self, told: set[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for version, one in self.versions.items():
            for name in one["details"].keys() & self.made["details"].keys() - told:
                for phrase in narrower(one["details"][name], self.made["details"][name], name):
                    found.setdefault(phrase, []).append(version)
        return found

    def _missed(self, renamed: set[str | None]) -> Iterator[str]:
        newest = next(reversed(self.versions), None)
        for name in self.versions[newest]["required"] if newest else ():
            if name not in {*self.made["details"], *renamed}:
                yield (
                    f"{name} is gone, and {newest}, which runs beside this version during a release, cannot read what "
                    f"lacks it: give it a default first, and remove it in a later version {_PAGE}."
                )


def _places(places: Mapping[str, list[str]]) -> str:
    return " and ".join(
        f"{', '.join(dict.fromkeys(forms))} of {files.FOLDER}/{version}.json" for version, forms in places.items()
    )


def _way(field: str, what: str, renamed: Mapping[str, str | None]) -> str:
    if old := renamed.get(field):
        return f"keep {old}, and let {field} come beside it with a default"
    if what == MISSING:
        return "give it a default, as in `note: Text | None = None`"
    if field:
        return "leave it, and let a field with a default come beside it"
    return "keep what it was until nothing like it is stored"
