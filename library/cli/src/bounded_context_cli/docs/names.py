"""The names of the repository's context in a page, instead of the names of its example."""

import ast
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Self

_EXAMPLE: Final = re.compile("[Ll]oan|LOAN")
_DEFAULT: Final = re.compile(r"(?<![,\w])payment(?![a-z])")
"""The default context, in commands and paths of pages without a loan. Not in lists such as `subscription,payment`."""

_CODE: Final = re.compile(r"^ *```.*?^ *```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_DOCSTRING: Final = re.compile(r'""".*?(?:"""|$)', re.MULTILINE)
_KEBAB: Final = re.compile(r"(?<=[-/])loans|(?<=-)loan\b|\bloans?(?=-(?!(?:pipeline|account):))|\bloans(?=\.example)")
_NAME: Final = re.compile("(L|l)oan(s?)|LOAN")
_WORD: Final = re.compile(r"(?:\b([Aa]) )?\b([Ll])oan(s?)\b")
_BOUNDARY: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class Names:
    """The names of a context: `singular` and `plural` in snake case, and the class of its aggregate."""

    singular: str
    plural: str
    aggregate: str

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """Return the names of the repository that contains a folder, without an import of its code.

        None outside a repository, or if its declaration cannot be read.
        """
        for root in (folder, *folder.parents):
            try:
                settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
                module = settings["tool"]["bounded-context"]["context"].partition(":")[0]
                tree = ast.parse((root / "src" / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
                declared = next(values for values in map(_declared, ast.walk(tree)) if values.keys() >= _KEYWORDS)
                return cls(*(declared[name] for name in ("name", "plural", "aggregate")))
            except (OSError, ValueError, LookupError, AttributeError, SyntaxError, StopIteration):
                continue
        return None

    def applied(self, text: str) -> str:
        """Return a page or a section with these names."""
        example = text if _EXAMPLE.search(text) else _DEFAULT.sub("loan", text)
        return _by_part(_CODE, example, self.in_code, self._prose)

    def in_code(self, code: str) -> str:
        """Return code with these names. Its docstrings are sentences."""
        return _by_part(_DOCSTRING, code, lambda part: self._identifiers(self._prose(part)), self._identifiers)

    def _identifiers(self, code: str) -> str:
        kebab = _KEBAB.sub(lambda name: self._forms["s" * name[0].endswith("s")].replace("_", "-"), code)
        return _NAME.sub(self._identifier, kebab)

    def _identifier(self, name: re.Match[str]) -> str:
        if name[0] == "LOAN":
            return self.singular.upper()
        return f"{self.aggregate}{name[2]}" if name[1] == "L" else self._forms[name[2]]

    def _prose(self, text: str) -> str:
        return self._identifiers(_WORD.sub(self._words, text))

    def _words(self, match: re.Match[str]) -> str:
        words = self._plain[match[3]]
        words = words[0].upper() + words[1:] if match[2] == "L" else words
        article = match[1] and f"{match[1]}{'n' * (words[0].lower() in 'aeiou')} "
        return f"{article or ''}{words}"

    @property
    def _forms(self) -> Mapping[str, str]:
        return {"": self.singular, "s": self.plural}

    @cached_property
    def _plain(self) -> Mapping[str, str]:
        """The singular and the plural as words, with the acronyms of the class."""
        words = _BOUNDARY.sub(" ", self.aggregate).split(" ")
        acronyms = {word.lower(): word for word in words if word.isupper()}
        plain = {end: [acronyms.get(word, word) for word in name.split("_")] for end, name in self._forms.items()}
        return {end: " ".join(parts) for end, parts in plain.items()}


def _by_part(pattern: re.Pattern[str], text: str, inside: Callable[[str], str], outside: Callable[[str], str]) -> str:
    """Return a text whose matches of a pattern are changed by one function, and all between them by another."""
    matches = [*map(inside, pattern.findall(text)), ""]
    return "".join(part for pair in zip(map(outside, pattern.split(text)), matches, strict=True) for part in pair)


_KEYWORDS: Final = {"name", "plural", "aggregate"}


def _declared(node: ast.AST) -> dict[str, str]:
    """Return the literals and names among the keywords of a call."""
    keywords = {keyword.arg or "": keyword.value for keyword in getattr(node, "keywords", ())}
    texts = {name: value.value for name, value in keywords.items() if isinstance(value, ast.Constant)}
    names = {name: value.id for name, value in keywords.items() if isinstance(value, ast.Name)}
    return {name: text for name, text in {**texts, **names}.items() if isinstance(text, str)}
