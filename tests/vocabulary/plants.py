"""Faults that are planted in the template and the library, to see that the search finds them."""

import re
from collections.abc import Callable, Mapping

import bounded_context_infra.configuration.labels
import pytest

import template.words
from template import answers, names, reserved

Plant = Callable[[pytest.MonkeyPatch], None]


def _reserved(name: str) -> Plant:
    """Reserve none of these names."""
    return lambda patch: patch.setattr(reserved, name, frozenset())


def _template(before: str, after: str) -> Plant:
    """Write other text into the template's files."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        original = names.Names.preprocess

        def preprocess(self: names.Names, source: str, name: str | None, filename: str | None = None) -> str:
            return original(self, source.replace(before, after) if name else source, name, filename)

        patch.setattr(names.Names, "preprocess", preprocess)

    return plant


def _short_names(patch: pytest.MonkeyPatch) -> None:
    """Cut the names in AWS."""
    original = bounded_context_infra.configuration.labels.Labels.name
    patch.setattr(
        bounded_context_infra.configuration.labels.Labels,
        "name",
        lambda self, *arguments: str(original(self, *arguments))[:30],
    )


PLANTS: Mapping[str, Plant] = {
    "no reserved fields": _reserved("FIELDS"),
    "no reserved words": _reserved("WORDS"),
    "no reserved functions": _reserved("FUNCTIONS"),
    "repeated names": lambda patch: patch.setattr(answers, "_repeated", lambda _: iter(())),
    "a name in single quotes": _template("=<<cookiecutter.display_name|quoted>>", "='<<cookiecutter.display_name>>'"),
    "a lost mark": lambda patch: patch.setattr(answers.Field, "marked", answers.Field.annotation),
    "an unsorted picture": _template(' | sort(attribute="snake", case_sensitive=true)', ""),
    "long lines": lambda patch: patch.setitem(names._FILTERS, "fitted", lambda text: text),
    "another acronym": lambda patch: patch.setattr(template.words, "_BOUNDARY", re.compile("(?<=[a-z])(?=[A-Z])")),
    "cut names": _short_names,
}
"""The faults by name: rules that accept too much, wrong templates and filters, equal names in AWS."""
