"""The result of a malware scan: the tag that GuardDuty gives to each version of a file that it scanned.

The values are `NO_THREATS_FOUND`, `THREATS_FOUND`, `UNSUPPORTED`, `ACCESS_DENIED` and `FAILED` (GuardDuty user guide,
"S3 object potential scan status and result status").
"""

from typing import Final

from .faults import ListFault

TAG: Final = "GuardDutyMalwareScanStatus"
CLEAN: Final = "NO_THREATS_FOUND"
THREAT: Final = "THREATS_FOUND"

INFECTED: Final = "the file contains malware: remove it, and send the file again"


class NotScanned(Exception):
    """A scan's result was announced, and the file has no tag yet. The workflow retries the step for some minutes."""


def refusal(result: str) -> str | None:
    """Return the partner's reason for a file with this result, or None if it is clean. A new value is not clean."""
    if result == CLEAN:
        return None
    if result == THREAT:
        return INFECTED
    return f"the file could not be scanned for malware ({result}): send it again, without a password"


def code(result: str | None) -> str:
    """Return the code of the refusal in the partner's report; empty if the scan did not refuse the file."""
    if result in (None, CLEAN):
        return ""
    return ListFault.MALWARE if result == THREAT else ListFault.NOT_SCANNED
