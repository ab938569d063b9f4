"""The stack `local` has no endpoints: a setting of a team next to them does not conflict with their removal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..files import edit

SETTINGS = "infra/service/Pulumi.local.yaml"
_EMULATOR = re.compile(
    r"^  # The emulator for `pulumi up --stack local`\..*\n(?P<region>  aws:region: .*\n)"
    r"(?:  aws:(?:accessKey|secretKey|skipCredentialsValidation|skipRequestingAccountId|s3UsePathStyle): .*\n)+"
    r"  aws:endpoints:\n(?:    [- ] \w+: http://127\.0\.0\.1:4566\n)+",
    re.MULTILINE,
)


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Remove the emulator of the bake. An emulator at another address stays, and the merge reports the conflict."""
    edit(repository / SETTINGS, lambda content: _EMULATOR.sub(r"\g<region>", content))
    return iter(())
