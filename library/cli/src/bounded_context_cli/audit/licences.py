"""Licences of packages as SPDX expressions, and the accepted licences."""

from collections.abc import Iterator
from importlib.metadata import Distribution
from typing import Any, Final

from boolean import ParseError
from license_expression import AND, OR, ExpressionError, get_spdx_licensing

ACCEPTED: Final = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "EPL-2.0", "ISC", "MIT"),
        *("MIT-0", "MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib"),
        *("BSD", "BSD License"),
    }
)
"""The licences that permit a closed service to use an unchanged package, by SPDX id (spdx.org/licenses).

EPL and MPL only require the sources of changed packages. A package with the licence "BSD" has one of the BSD licences,
all of which require their notice.
"""

TOOLS: Final = {
    "debugpy": ("MIT",),
    "pulumi-policy": ("Apache-2.0",),
    "setuptools": ("MIT",),
    "uv": ("MIT OR Apache-2.0",),
}
"""The licences of tools that a step installs outside of the repository's environment, as in their metadata."""

_SPDX: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib",
}
"""The SPDX ids of licence names that PyPI's classifiers or packages use."""

_CLASSIFIER: Final = "License :: "
_NO_LICENCE: Final = "OSI Approved"
"""A classifier that names no particular licence."""

_LICENSING: Final = get_spdx_licensing()
_LONGEST: Final = 60
"""The maximum characters of a printed licence: some packages put the whole text into the field."""


def licence_of(package: Distribution) -> tuple[str, ...]:
    """Return a package's licence: one SPDX expression, or names that all apply; empty if it declares none.

    The order is the licence expression (PEP 639), the text field if it is an expression, and the classifiers.
    """
    metadata = package.metadata
    classifiers = [text for text in metadata.get_all("Classifier") or () if text.startswith(_CLASSIFIER)]
    names = [classifier.rpartition(" :: ")[2] for classifier in classifiers]
    expression, text = (_first(metadata.get_all(field)) for field in ("License-Expression", "License"))
    for declared in (expression, text):
        if found := spdx(declared):
            return (found,)
    names = [spdx(name) or name for name in names if name != _NO_LICENCE] or ([text[:_LONGEST]] if text else [])
    return tuple(dict.fromkeys(names))


def spdx(text: str) -> str | None:
    """Return a text as an SPDX expression, or None if it is neither an expression nor a known name."""
    found = _parsed(_SPDX.get(text, text))
    return None if found is None else found.render()


def is_accepted(licence: tuple[str, ...]) -> bool:
    """Return whether all licences of a package are accepted, for ``OR`` at least one. No licence is not accepted."""
    return bool(licence) and not list(refused(licence))


def refused(licence: tuple[str, ...]) -> Iterator[str]:
    """Yield the licences of a package that are not accepted."""
    yield from (name for name in licence if name not in ACCEPTED and not _holds(_parsed(name)))


def _first(values: list[str] | None) -> str:
    return (values or [""])[0].strip().partition("\n")[0]


def _parsed(text: str) -> Any:
    try:
        return _LICENSING.parse(text, validate=True, strict=True)
    except (ExpressionError, ParseError):
        return None


def _holds(expression: Any) -> bool:
    if isinstance(expression, AND | OR):
        held = [_holds(part) for part in expression.args]
        return all(held) if isinstance(expression, AND) else any(held)
    # A licence with an exception counts as the licence alone: exceptions only add permissions.
    return expression is not None and getattr(expression, "license_symbol", expression).key in ACCEPTED
