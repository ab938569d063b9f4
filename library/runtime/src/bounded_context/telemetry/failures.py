"""The cause of a failed call, as the list's record stores it."""

import os
from urllib.parse import quote

from ..declaration.environment import local
from ..domain.failures import Failure
from .errors import loggable_message, own_frame


def failure_of(error: BaseException, step: str, part: int | None, request_id: str) -> Failure:
    """Return the cause of a failed call of a step; texts that may quote a value are left out, as in the log."""
    link = f"context logs --correlation {request_id}" if local() else _log_link(request_id)
    return Failure(step, part, type(error).__name__, loggable_message(error), own_frame(error), link)


def _log_link(request_id: str) -> str:
    """Return the link to the lines of a call in CloudWatch's console."""
    region, group, stream = (
        os.environ.get(name, "") for name in ("AWS_REGION", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME")
    )
    of_request = "%3FfilterPattern%3D" + _twice('"' + request_id + '"')
    place = f"log-groups/log-group/{_twice(group)}/log-events/{_twice(stream)}{of_request}".replace("%", "$")
    return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:{place}"


def _twice(text: str) -> str:
    # The console decodes names twice, and reads dollars as percent signs.
    return quote(quote(text, safe=""), safe="")
