"""The limits of answers: length, width and number. The rules and the tests' matrix of accepted answers use them."""

from __future__ import annotations

ANSWER = 2200
"""Characters of any answer: the longest commands that the other limits allow take 2,099."""

DESCRIPTION = 100
"""Characters of the description, which is on one line of 120."""

OWNER = 60
"""Characters of a team's name; the value of an AWS tag may have 256."""

DISPLAYED = 40
"""Columns of the display name: East Asian characters take two."""

PACKAGE = 20
"""Characters of the context's name in snake_case, the first part of every AWS name."""

PLURAL = 22
"""Characters of the plural in snake_case: two more than in `PACKAGE`."""

PART = 64 - len("-staging-")
"""Characters of the context's and a part's name together.

The library's configuration/labels.py names resources ``<package>-<stack>-<part>``. The smallest limit of AWS is that
of Lambda functions: 64 characters.
"""

QUEUE = PART - len("events-") - len("-dead-letters")
"""Characters of the context's name and a subscriber's name together."""

SUBSCRIBER = 32
"""Characters of a subscriber's name, as in the library's configuration/settings.py."""

REFERENCE = 32
"""Characters of the referenced aggregate's name in snake_case, at least 2.

They are the same in the library's configuration/settings.py.
"""

STATUS = 40
"""Characters of a status in CONSTANT_CASE: a line of the model contains it twice."""

FIELD = 40
"""Characters of a field's name."""

ENUMERATION = 120 - len("    : ") - FIELD
"""Characters of an enumeration in the model, ``Literal["low", "high"]``, on one line with the longest field's name."""

FIELDS = 30
COMMANDS = 20
SUBSCRIBERS = 10

SHIFT = 2880
"""Minutes from the first shift of traffic to the last: CodeDeploy's limit."""

SHOWN = 40
"""Characters of an answer that an error message repeats."""
