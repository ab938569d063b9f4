"""The words of the search: nouns and verbs of business domains, and names that something else has already."""

import builtins
import keyword
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import bounded_context
import pydantic
import pytest
from bounded_context.domain.field_types import FIELD_TYPES
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from template.library import CODE
from template.names import REPOSITORY
from template.words import plural

_HERE = Path(__file__).parent
_GOLDEN = REPOSITORY / "tests" / "graphs" / "golden"
_STATE = re.compile(r'^ +"(\w+)": \{$', re.MULTILINE)


@dataclass(frozen=True)
class Vocabulary:
    """Nouns with their plurals, verbs with their participles, and names in snake_case that something else has."""

    nouns: tuple[tuple[str, str], ...]
    verbs: tuple[tuple[str, str], ...]
    reserved: tuple[str, ...]


@cache
def usual() -> Vocabulary:
    """Return the vocabulary without the held-out words."""
    nouns, verbs = _read("nouns.txt"), _read("verbs.txt")
    return Vocabulary(_with(nouns, plural), _with(verbs, participle), tuple(sorted(reserved_words())))


@cache
def held_out() -> Vocabulary:
    """Return the held-out words alone."""
    words = _read("held_out.txt")
    border = words.index("verbs")
    return Vocabulary(_with(words[1:border], plural), _with(words[border + 1 :], participle), ())


def participle(verb: str) -> str:
    """Return the regular past participle of a verb."""
    if verb.endswith("e"):
        return f"{verb}d"
    return f"{verb[:-1]}ied" if re.search("[^aeiou]y$", verb) else f"{verb}ed"


def reserved_words() -> set[str]:
    """Return names of Python, DynamoDB, pydantic, pytest, the library and its resources, in snake_case."""
    names = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *ReservedKeywords.get_reserved_keywords()}
    names |= {*dir(pydantic.BaseModel), *dir(type(pydantic.BaseModel)), *dir(pytest), *dir(str)}
    names |= {*bounded_context.__all__, *(known.kind for known in FIELD_TYPES), *resources(), *states()}
    return {_snake(name) for name in names} | {"l", "o", "i", "id", "pk", "sk", "ttl", "y", "n"}


def resources() -> Iterator[str]:
    """Yield the names of the resources of all recorded graphs."""
    for path in _GOLDEN.rglob("service-*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines()[:-1]:
            yield line.rpartition(" ")[0].rpartition("::")[2]


def states() -> list[str]:
    """Return the names of the states in the workflow's definition."""
    path = CODE["infra"] / "data" / "list_import.asl.json"
    return _STATE.findall(path.read_text(encoding="utf-8"))


def _snake(name: str) -> str:
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    return "_".join(part.lower() for part in parts)


def _read(name: str) -> list[str]:
    lines = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def _with(words: list[str], regular: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
    return tuple((word, form or regular(word)) for word, _, form in (word.partition("/") for word in words))
