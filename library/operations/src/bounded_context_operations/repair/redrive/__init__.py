"""Redrive: inspection of a stack's dead-letter queues, and redelivery of their messages.

`context redrive STACK [QUEUE] [--go]`. Region, queues, functions and state machine come
from the stack's outputs, endpoints from AWS_ENDPOINT_URL[_<SERVICE>].

- **Without a queue** it lists all queues. The list changes nothing, not even a receive count.
- **With a queue** it inspects the messages and prints a plan. It hides each message from other readers meanwhile, makes
  it visible again, and increases its receive count by one.
- **With `--go`** it redrives the messages. The destination depends on their source:
  a subscriber's messages return to the subscriber's queue, and other contexts' events to the inbound queue
  (`queue_routes`). Uploads start the state machine (`uploads`). Changes of the table invoke the function that failed
  (`stream`), with the records that Lambda stored in the bucket that the message names (`failed_batches`).
- **`unseen`** in place of a queue selects uploads whose event was lost: files in the inbox without a recorded list.
  They are handled like messages and start the state machine. `--older-than` is then the minimum age of a
  file; the default is 15 minutes.

A message is first delivered, then deleted with the object that it names. It is always in the dead-letter queue, at its
destination, or in both. The report lists messages that were delivered but not deleted, since they may arrive twice.
Only messages from before the start are redriven, so that no message circulates. The run ends early after ten failures
in a row.

A received message is hidden for 15 minutes (`queue_reader.HIDDEN_SECONDS`). If its delivery does not begin in half of
that time, it is released and received again. If its delivery takes longer than 15 minutes, the report lists it, since
another reader may have received it. A killed run leaves its messages hidden.

A run ends when the queue is empty: SQS returns no message, and counts only messages that this run holds. Otherwise it
waits for a minute, then reports the number of remaining messages as `not_seen`. Their causes are another reader, a
killed run, or SQS's limit of messages in flight.

Exit status:

- 0: all queues are empty, the inspection succeeded, or all chosen messages are redriven.
- 1: messages are left (in any queue, not seen, or chosen), or may arrive twice.
- 2: the command was refused before any change.
- 130: Ctrl-C or SIGTERM ended the run between two messages.

The operator's role needs, on the resources of the stack (`context permissions redrive STACK` prints it as a policy):

- always: `sqs:GetQueueAttributes` on the dead-letter queues, and `cloudwatch:GetMetricData` for the ages in the list,
  which are omitted without it; `dynamodb:GetItem` on the table's record of a repair; for `unseen`,
  `lambda:InvokeFunction` on the alias of `sweep-uploads`;
- to inspect: `sqs:ReceiveMessage` and `sqs:ChangeMessageVisibility` on the dead-letter queue, `kms:Decrypt` on the key,
  and for changes of the table `s3:GetObject` on the objects of the bucket `given-up`, `s3:ListBucket` on the bucket;
- to redrive: also `sqs:DeleteMessage` on the dead-letter queue, and
    - for subscribers' messages and other contexts' events, `sqs:SendMessage` on the destination queue and
      `kms:GenerateDataKey` on the key;
    - for both kinds of uploads, `states:StartExecution` on the state machine and its alias;
    - for changes of the table, `s3:DeleteObject` on these objects, `lambda:InvokeFunction` on the function's alias, and
      `lambda:ListEventSourceMappings`, which supports no resources; for messages without records, also
      `dynamodb:GetShardIterator` and `dynamodb:GetRecords` on the stream.
"""
