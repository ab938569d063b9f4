"""The only Logger: JSON lines on standard output. Service, level and sampling come from the environment (POWERTOOLS_*).

One call in so many (POWERTOOLS_LOGGER_SAMPLE_RATE) also writes its DEBUG lines; each call is decided anew.
"""

import logging
import os
from datetime import date
from decimal import Decimal
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from .errors import described
from .redaction import redacted


class _Formatter(LambdaPowertoolsFormatter):
    """Writes no secret, no field of the aggregate, and no message of an exception that may quote one."""

    def serialize(self, log: Any) -> str:
        return super().serialize(redacted(log))  # pyright: ignore[reportArgumentType]

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return described(ei[1])


def _named(value: object) -> str:
    # An object's text shows its fields.
    return str(value) if isinstance(value, Decimal | date) else f"<{type(value).__name__}>"


logger = Logger(
    # Lambda reads the level of lines whose time is written as RFC 3339 says.
    logger_formatter=_Formatter(json_default=_named, use_rfc3339=True, utc=True, serialize_stacktrace=False)
)
"""Writes structured lines that carry the call's ids and hide what the context's fields hold."""
# Lambda lets DEBUG lines through, so that sampled ones arrive; Powertools takes that for the level of every call.
logger.initial_log_level = os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO")
logger.refresh_sample_rate_calculation()
# Lambda gives the root its level too, and botocore's DEBUG lines hold whole requests.
logging.getLogger().setLevel(logging.WARNING)
