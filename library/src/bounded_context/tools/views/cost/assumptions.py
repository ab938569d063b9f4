"""Quantities that neither the graph nor a constant contains, with their sources. None was measured on an account."""

from typing import Final

HOURS_A_MONTH: Final = 730
"""As in AWS's own examples."""

VALIDATED_A_SECOND: Final = 60_000
"""Rows that the validation checks on one processor: `benchmarks/import_path.py` of the template's repository."""

READ_A_SECOND: Final = 10_000
"""Rows that a check looks up: batches of a hundred keys in sequence, at 10 ms each.

DynamoDB documents single-digit milliseconds for an item (DynamoDB, "What is Amazon DynamoDB").
"""

WRITTEN_A_SECOND: Final = 1_000
"""Rows that a child execution of the import writes, as in the setting `import_concurrency`."""

SHARDS: Final = 4
"""Shards of a table's stream: a new on-demand table accepts 4,000 write units a second, a partition 1,000."""

POLLS_A_SECOND: Final = 4
"""Lambda's polls of a shard (Lambda, "Polling and batching streams")."""

PUBLISH_SECONDS: Final = 0.02
"""The relay's work for a `PublishBatch` of ten messages, including the call of SNS within the region."""

CALL_SECONDS: Final = 0.1
"""A call that checks or counts, such as a scheduled call: some requests to AWS in sequence."""

LOG_BYTES_A_CALL: Final = 1_000
"""Two lines of Lambda, and a line of metrics with 222 to 400 bytes in the functions' tests.

Lambda documents its lines "platform.start" and "platform.report". Each line is billed with 26 additional bytes.
"""

LOG_BYTES_A_PUBLISH: Final = 400
"""The relay's line without ids: 343 bytes in its tests, plus a longer name of the function."""

LOG_BYTES_AN_EVENT: Final = 40
"""An id in the relay's line, with quotes; an id may be as long as a UUID."""

MESSAGES_A_RECEIVE: Final = 10
"""Messages that a subscriber receives and deletes at once: SQS's maximum, which Lambda requests (SQS API reference)."""

POLL_SECONDS: Final = 20
"""Lambda's wait for a message of an empty queue: SQS's maximum (SQS, "Long polling")."""

POLLERS: Final = 5
POLLERS_IN_QUIET: Final = 2
"""Pollers of a queue: five, or two with low traffic and without a maximum concurrency (Lambda, "Configuring scaling
behavior for SQS event source mappings")."""

TRACED: Final = 0.05
"""The traced share of a function's calls after the first call of each second (Lambda, "Visualize Lambda function
invocations")."""

LIST_WRITES: Final = 4
"""Changes of a list's record apart from its parts: registered, validated, verified, imported."""

LIST_OBJECTS: Final = 8
"""Objects of a list apart from its parts: the upload, both manifests twice, the rejections twice, and the report."""

LIST_READS: Final = 4
"""Reads of an imported list's record: by the three steps before the import, and before the report."""

UNSAID_TEXT: Final = "x" * 40
"""The value of a field whose type a context defines itself."""
