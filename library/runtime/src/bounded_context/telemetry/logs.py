"""The only Logger: JSON lines on standard output. Service, level and sampling come from the environment (POWERTOOLS_*).

A share of the calls (POWERTOOLS_LOGGER_SAMPLE_RATE) also writes its DEBUG lines; each call is sampled anew.
"""

import logging
import os
from datetime import date
from decimal import Decimal
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from .errors import loggable_traceback, redacted


class _Formatter(LambdaPowertoolsFormatter):
    """The format of log lines: without secrets, fields of the aggregate, and exception messages that may quote them."""

    def serialize(self, log: Any) -> str:
        return super().serialize(redacted(log))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return loggable_traceback(ei[1])


def _text(value: object) -> str:
    # An object's text shows its fields.
    return str(value) if isinstance(value, Decimal | date) else f"<{type(value).__name__}>"


logger = Logger(
    # Lambda reads the level only if the time has the form of RFC 3339.
    logger_formatter=_Formatter(json_default=_text, use_rfc3339=True, utc=True, serialize_stacktrace=False)
)
"""The logger of structured lines with the call's ids, without the values of the context's fields."""
# Lambda's log level is DEBUG, for sampled lines. Powertools would use that as the level of every call.
logger.initial_log_level = os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO")
logger.refresh_sample_rate_calculation()
# Lambda sets its level at the root logger too, and botocore's DEBUG lines hold whole requests.
logging.getLogger().setLevel(logging.WARNING)
