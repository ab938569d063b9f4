"""Looks into the dead-letter queues of a stack and sends their messages on again.

`python -m bounded_context.redrive STACK [QUEUE] [--go]`. Region, queues, functions and state machine come from the
stack's outputs, endpoints from AWS_ENDPOINT_URL[_<SERVICE>].

- **Without a queue** it lists all of them. That changes nothing, not even a receive count.
- **With a queue** it looks at the messages and says what it would do. Each is hidden from other readers meanwhile, is
  visible again afterwards, and has been received once more.
- **With `--go`** it does it. What that is depends on where the messages come from:
  a subscriber's go back to the subscriber's queue (`subscriber`), other contexts' events to the queue in which they
  arrive (`inbound`), uploads start the state machine (`uploads`), changes of the table go once more to the
  function that failed on them (`stream`), as Lambda kept them in the bucket that the message names (`given_up`).
- **`unseen`** in the place of a queue stands for uploads whose event was lost: files in the inbox for which no list
  was recorded. They are treated like messages, and start the state machine (`unseen`). `--older-than` then says
  how long ago a file arrived at least; by default that is a quarter of an hour.

A message is delivered first and deleted afterwards, with the object that it names: it is always in the dead letters, at
its destination, or in both. What was delivered but not deleted is named: it may arrive twice. Only messages that were
sent before the run began are redriven, so one that comes back is not sent round in circles. The run ends early when ten
in a row fail.

A received message is hidden for 15 minutes (`queue_reader.HIDDEN_SECONDS`). If its turn does not come in half of that
time, it is put back and received again. If its delivery takes longer than that time, it is named, since another reader
may have received it. A run that is killed leaves its messages hidden.

A run ends when the queue is empty: SQS gives no message, and counts none that this run does not hold itself. It waits
for a minute for the others. After that it reports their number as `not_seen`: another reader has them, a killed run
left them hidden, or so many are in flight that SQS gives no more.

Exit status: 0 if all queues are empty, the look is taken, or all chosen messages are redriven; 1 if messages are left
(in any queue, not seen, or of those that were chosen), or may arrive twice; 2 if it was refused before anything
changed; 130 after Ctrl-C or SIGTERM, which end it between two messages.

The operator's role needs, on the resources of the stack (`just permissions redrive STACK` prints it as a policy):

- always `sqs:GetQueueAttributes` on the dead-letter queues, and `cloudwatch:GetMetricData` for the ages in the list,
  which are left out without it; `lambda:InvokeFunction` on the alias of `sweep-uploads` for uploads that nobody has
  heard of;
- to look: `sqs:ReceiveMessage` and `sqs:ChangeMessageVisibility` on the dead-letter queue, `kms:Decrypt` on the key,
  and for changes of the table `s3:GetObject` on the objects of the bucket `given-up`, `s3:ListBucket` on the bucket;
- to redrive, `sqs:DeleteMessage` on the dead-letter queue too, and for a subscriber's messages and other contexts'
  events `sqs:SendMessage` on the queue to which they go back and `kms:GenerateDataKey` on the key; for uploads of
  either kind `states:StartExecution` on the state machine and its alias; for changes of the table `s3:DeleteObject` on
  these objects, `lambda:InvokeFunction` on the function's alias, and `lambda:ListEventSourceMappings`, which knows no
  resources. A message without records asks for `dynamodb:GetShardIterator` and `dynamodb:GetRecords` on the stream.
"""
