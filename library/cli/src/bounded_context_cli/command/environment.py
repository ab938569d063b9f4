"""The environment variables of processes that run a repository's code: an allow-list without credentials.

Standard library only: the template loads this module for its campaigns, and a bake does not install the library.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_NAMES: Final = frozenset({"HOME", "LANG", "LANGUAGE", "PATH", "TERM", "TMPDIR", "TZ"})
"""The folders of programs and files, and the language, time zone and terminal of the output."""

_CERTIFICATES: Final = frozenset({"REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE", "UV_NATIVE_TLS"})

_PROXIES: Final = frozenset({"ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"})

_ADDRESSES: Final = _PROXIES | {"UV_DEFAULT_INDEX", "UV_FIND_LINKS", "UV_INDEX", "UV_INDEX_URL"}
"""uv needs them for packages that are not installed yet: the emulator's, and those of a build."""

_NO_ACCOUNT: Final = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""The settings with which botocore neither reads files of the user's home nor asks the machine for credentials."""


def allowed(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that code of a repository may read, without addresses with a user, a password or a query.

    `PATH` has the absolute folders only, since code may write programs into its current folder.
    """
    variables = {name: value for name, value in environment.items() if _is_allowed(name, value)}
    folders = (folder for folder in variables.get("PATH", os.defpath).split(os.pathsep) if Path(folder).is_absolute())
    return variables | {"PATH": os.pathsep.join(folders)} | _NO_ACCOUNT


_OF_STEPS: Final = ("CI", "COLUMNS", "FORCE_COLOR", "NO_COLOR", "UV", "UV_CACHE_DIR")
"""The form of the output, uv's program, and its cache."""


def of_checks(environment: Mapping[str, str], *, with_credentials: bool) -> dict[str, str]:
    """Return the variables that the steps of a check may read: those of `allowed`, of this library, pytest and Python.

    With credentials, these are all variables. Compiled modules are stored: compiling them again takes half of a check.
    """
    own = {
        name: value
        for name, value in environment.items()
        if name in _OF_STEPS or name.startswith(("BOUNDED_CONTEXT_", "PYTEST_", "PYTHON"))
    }
    variables = {**environment} if with_credentials else {**own, **allowed(environment)}
    return {**variables, "PYTHONDONTWRITEBYTECODE": ""}


def _is_allowed(name: str, value: str) -> bool:
    is_address = name.upper() in _ADDRESSES and not {"@", "?"} & {*value}
    return is_address or name in _NAMES or name in _CERTIFICATES or name.startswith("LC_")
