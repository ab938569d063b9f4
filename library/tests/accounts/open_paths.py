"""The open paths of all layouts, as `open_paths.toml` records them: a list that the defence makes shorter."""

import functools
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import tomlkit

from .collisions import collisions
from .documents import ENVIRONMENTS
from .grants import strays
from .layouts import LAYOUTS, world
from .reach import ADMINISTRATOR, OWN, Finding, Reach
from .resources import PIPELINE

FILE: Final = Path(__file__).parent / "open_paths.toml"
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "all": tuple(LAYOUTS),
    "three accounts": tuple(name for name in LAYOUTS if name.startswith("three accounts")),
}
"""Names for several layouts, the larger group first."""

SECTIONS: Final = ("escalations", "grants", "reach", "lacking")
"""The direct escalations, other actions on foreign resources, the ends of all paths, and what is denied to its user."""

_HEAD: Final = """\
# Paths by which a role passes the limit of its environment or its task. A test compares this list with the attack.
# After a change that closes a path: `WRITE_OPEN_PATHS=1 uv run pytest -n 0 library/tests/accounts/test_paths.py`.
#
# [[escalations]]  direct uses of an escalation (escalations.toml). A source's own environment is no target.
# [[grants]]       other actions on resources of another environment
# [[reach]]        the environments that a source changes or reads by one or several steps
# [[lacking]]      sources that cannot read the state of their own stack, which they need
# collisions       permitted names whose prefix covers resources of another context, of the state or of the pipeline
# intrusions       changes of an artefact that the next step does not detect
"""


@functools.cache
def reach(layout: str) -> Reach:
    """Return the reach in a layout."""
    return Reach(world(layout))


@functools.cache
def computed(section: str, layout: str) -> frozenset[Finding]:
    """Return the findings of a section in a layout."""
    return frozenset(_computed(section, reach(layout)))


def _computed(section: str, found: Reach) -> Iterable[Finding]:
    if section == "escalations":
        return found.findings()
    if section == "grants":
        return strays(found)
    return ends(found) if section == "reach" else lacking(found)


def ends(found: Reach) -> Iterator[Finding]:
    """Yield the environments at the end of each source's paths. The pipeline itself delivers to all environments."""
    for principal in found.sources():
        if principal.domain == PIPELINE:
            continue
        for end in found.paths(principal):
            target = ADMINISTRATOR if end.domain.startswith("account of") else end.domain
            yield Finding(end.verb, principal.name, target)


_NEEDING: Final = ("pull request", "preview stacks", "sandboxes", *(f"{name}-deploy step" for name in ENVIRONMENTS))


def lacking(found: Reach) -> Iterator[Finding]:
    """Yield the sources that cannot read the state of their own stack."""
    for principal in found.sources():
        if principal.name in _NEEDING:
            own = [step for step in found.steps(principal) if step.resource.domain == principal.domain]
            if "read the state" not in {step.escalation for step in own}:
                yield Finding("read the state", principal.name, OWN)


def recorded(section: str, layout: str) -> set[Finding]:
    """Return the findings of a section of the file in a layout."""
    domains = _domains()
    entries = tomllib.loads(FILE.read_text(encoding="utf-8")).get(section, [])
    found = {one for entry in entries if layout in _long(entry["layouts"]) for one in _findings(entry)}
    return {one for one in found if one.target != domains[one.source]}


def _long(layouts: Iterable[str]) -> set[str]:
    """Return the layouts, with those of each group in place of its name."""
    return {layout for name in layouts for layout in GROUPS.get(name, (name,))}


def _findings(entry: Mapping[str, Any]) -> Iterator[Finding]:
    for name in entry["escalations"]:
        yield from (Finding(name, source, target) for source in entry["from"] for target in entry["to"])


def _domains() -> Mapping[str, str]:
    return {one.name: one.domain for one in world(next(iter(LAYOUTS))).principals}


def recorded_names(key: str) -> set[str]:
    """Return the collisions or intrusions of the file."""
    return {*tomllib.loads(FILE.read_text(encoding="utf-8"))[key]}


def intrusions() -> set[str]:
    """Return the changes of an artefact that the next step does not detect."""
    return {name for layout in LAYOUTS for name in world(layout).intrusions}


Key = tuple[str, ...]


def _grouped(section: str) -> list[dict[str, list[str]]]:
    """Return the entries of a section: each has findings with the same targets, sources and layouts."""
    targets = _by_source(section)
    sources: dict[tuple[str, str, Key], set[str]] = defaultdict(set)
    for (layout, name, source), found in targets.items():
        sources[layout, name, tuple(sorted(found))].add(source)
    layouts: dict[tuple[str, Key, Key], list[str]] = defaultdict(list)
    for (layout, name, found), named in sources.items():
        layouts[name, tuple(sorted(named)), found].append(layout)
    names: dict[tuple[Key, Key, Key], set[str]] = defaultdict(set)
    for (name, named, found), places in layouts.items():
        names[named, found, tuple(places)].add(name)
    return [_entry(sorted(name), *key) for key, name in sorted(names.items(), key=lambda one: (sorted(one[1]), one[0]))]


def _by_source(section: str) -> Mapping[tuple[str, str, str], set[str]]:
    """Return the targets of each source. Its own environment is among them, so that sources can be grouped."""
    domains, found = _domains(), defaultdict[tuple[str, str, str], set[str]](set)
    for layout in LAYOUTS:
        for one in computed(section, layout):
            own = {domains[one.source]} if one.target in {*domains.values()} else set()
            found[layout, one.escalation, one.source] |= {one.target, *own}
    return found


def _entry(names: list[str], sources: Key, targets: Key, layouts: Key) -> dict[str, list[str]]:
    return {"escalations": names, "from": [*sources], "to": [*targets], "layouts": _short(layouts)}


def _short(layouts: Key) -> list[str]:
    """Return the layouts, with the name of the largest group in place of its layouts."""
    group = next((name for name, found in GROUPS.items() if {*found} <= {*layouts}), None)
    return [*([group] if group else []), *(one for one in layouts if group is None or one not in GROUPS[group])]


def text() -> str:
    """Return the text of the file."""
    document = tomlkit.document()
    document.add("collisions", tomlkit.item(sorted(collisions())))
    document.add("intrusions", tomlkit.item(sorted(intrusions())))
    for section in SECTIONS:
        tables = tomlkit.aot()
        for entry in _grouped(section):
            table = tomlkit.table()
            for key, values in entry.items():
                array = tomlkit.array()
                array.extend(values)
                table.add(key, array.multiline(len(str(values)) > 100))
            tables.append(table)
        document.add(section, tables)
    return f"{_HEAD}\n{tomlkit.dumps(document)}"
