"""Under which licences packages are, in SPDX's words, and which of them are accepted."""

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
"""Those that let a closed service use a package as it is, by SPDX's ids (spdx.org/licenses).

EPL and MPL ask for the sources of a package that was changed, and of nothing else. A package that says no more than
"BSD" is under one of BSD's, of which each asks for its notice.
"""

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
"""What packages say, in the words of PyPI's classifiers or their own, that means one licence of SPDX."""

_CLASSIFIER: Final = "License :: "
_NO_LICENCE: Final = "OSI Approved"
"""A classifier that says that there is a licence, and not which."""

_LICENSING: Final = get_spdx_licensing()
_LONGEST: Final = 60
"""Characters of what is shown: some packages put the whole text there."""


def licence_of(package: Distribution) -> tuple[str, ...]:
    """Return what a package says of its licence: an SPDX expression, or names that all hold; none if it is silent.

    Its licence expression (PEP 639) counts before its field of text, if that is an expression, and that before its
    classifiers.
    """
    said = package.metadata
    named = [one.rpartition(" :: ")[2] for one in said.get_all("Classifier") or () if one.startswith(_CLASSIFIER)]
    expression, text = (_first(said.get_all(field)) for field in ("License-Expression", "License"))
    for one in (expression, text):
        if found := spdx(one):
            return (found,)
    named = [spdx(one) or one for one in named if one != _NO_LICENCE] or ([text[:_LONGEST]] if text else [])
    return tuple(dict.fromkeys(named))


def spdx(text: str) -> str | None:
    """Return a text as an expression of SPDX's ids, if it is one, or means one licence of SPDX."""
    found = _parsed(_SPDX.get(text, text))
    return None if found is None else found.render()


def is_accepted(licence: tuple[str, ...]) -> bool:
    """Tell whether all that a package says is accepted; of an ``OR`` one licence is enough. Nothing said is not."""
    return bool(licence) and not list(refused(licence))


def refused(licence: tuple[str, ...]) -> Iterator[str]:
    """Yield those of what a package says that are not accepted."""
    yield from (one for one in licence if one not in ACCEPTED and not _holds(_parsed(one)))


def _first(values: list[str] | None) -> str:
    return (values or [""])[0].strip().partition("\n")[0]


def _parsed(text: str) -> Any:
    try:
        return _LICENSING.parse(text, validate=True, strict=True)
    except (ExpressionError, ParseError):
        return None


def _holds(expression: Any) -> bool:
    if isinstance(expression, AND | OR):
        held = [_holds(one) for one in expression.args]
        return all(held) if isinstance(expression, AND) else any(held)
    # An exception allows what the licence itself does not.
    return expression is not None and getattr(expression, "license_symbol", expression).key in ACCEPTED
