"""How long, how wide and how many answers may be: read by the rules, and by the tests' matrix of what they accept."""

from __future__ import annotations

ANSWER = 2200
"""Characters of any answer: the longest commands that the other limits allow take 2,099."""

DESCRIPTION = 100
"""Characters of a sentence that stands on one line of 120."""

OWNER = 60
"""Characters of a team's name; the value of an AWS tag may have 256."""

DISPLAYED = 40
"""Columns of a name for people: East Asian characters take two."""

PACKAGE = 20
"""Characters of the context's name in snake_case, with which every AWS name begins."""

PLURAL = 22
"""Characters of the plural in snake_case: of a name of `PACKAGE`, with two more."""

PART = 64 - len("-staging-")
"""Characters of the context's and a part's name together.

The library's infra/labels.py names things ``<package>-<stack>-<part>``, in the least of AWS's limits for all of them: a
Lambda function's 64 characters.
"""

QUEUE = PART - len("events-") - len("-dead-letters")
"""Characters of the context's and a subscriber's name together."""

SUBSCRIBER = 32
"""Characters of a subscriber's name, as the library's infra/settings.py has it."""

REFERENCE = 32
"""Characters of what rows refer to, in snake_case, and 2 at least: another context, as infra/consumes.py reads it."""

STATUS = 40
"""Characters of what an event says happened, in CONSTANT_CASE: the status stands twice on one line of the model."""

FIELD = 40
"""Characters of a field's name."""

FIELDS = 30
COMMANDS = 20
SUBSCRIBERS = 10

SHIFT = 2880
"""Minutes from the first shift of traffic to the last, as CodeDeploy has it."""

SHOWN = 40
"""Characters of an answer that a refusal repeats."""
