"""What neither the graph nor a constant tells, each with where it comes from. Nothing was measured on an account."""

from typing import Final

HOURS_A_MONTH: Final = 730
"""As AWS's own examples count."""

VALIDATED_A_SECOND: Final = 60_000
"""Rows that the validation takes on one processor: `benchmarks/import_path.py` of the template's repository."""

READ_A_SECOND: Final = 10_000
"""Rows that a check looks up: batches of a hundred keys one after another, at 10 ms each.

DynamoDB promises answers within milliseconds, "single-digit" ones for one item (DynamoDB, "What is Amazon DynamoDB").
"""

WRITTEN_A_SECOND: Final = 1_000
"""Rows that one child of the import writes, as the setting `import_concurrency` counts."""

SHARDS: Final = 4
"""Of a table's stream: a new table on demand takes 4,000 write units a second, and a partition 1,000."""

POLLS_A_SECOND: Final = 4
"""How often Lambda looks into a shard (Lambda, "Polling and batching streams")."""

PUBLISH_SECONDS: Final = 0.02
"""A `PublishBatch` of ten messages and what is done for it, from the relay's call to SNS within the region."""

CALL_SECONDS: Final = 0.1
"""A call that looks around or counts, such as those of a schedule: some requests to AWS, one after another."""

LOG_BYTES_A_CALL: Final = 1_000
"""Lambda's own two lines, and a line of metrics: 222 to 400 bytes of the latter as the functions' tests write them.

Lambda's are those of its documentation ("platform.start" and "platform.report"); each line counts 26 bytes more.
"""

LOG_BYTES_A_PUBLISH: Final = 400
"""The relay's line without its ids, as its tests write it: 343 bytes and a longer name of the function's."""

LOG_BYTES_AN_EVENT: Final = 40
"""An id in that line, and its quotes; one may be as long as a UUID."""

MESSAGES_A_RECEIVE: Final = 10
"""What a subscriber takes, and deletes, at once: the most that SQS gives, as Lambda asks for (SQS API reference)."""

POLL_SECONDS: Final = 20
"""How long Lambda waits for a message of an empty queue: the longest that SQS has (SQS, "Long polling")."""

POLLERS: Final = 5
POLLERS_IN_QUIET: Final = 2
"""How many look into a queue: five, or two where traffic is low and no maximum concurrency is set (Lambda, "Configuring
scaling behavior for SQS event source mappings")."""

TRACED: Final = 0.05
"""Of the calls of a function, besides the first of each second (Lambda, "Visualize Lambda function invocations")."""

LIST_WRITES: Final = 4
"""Changes of a list's record but those of its parts: it is registered, validated, verified, imported."""

LIST_OBJECTS: Final = 8
"""Objects of a list besides its parts: the upload, both manifests twice, the rejections twice, and the report."""

LIST_READS: Final = 4
"""Reads of the record of a list that is imported: by the three steps before the import, and before the report."""

UNSAID_TEXT: Final = "x" * 40
"""The value of a field whose kind is a context's own."""
