"""Reseed: sends the current state of a stack's aggregates to one subscriber's queue, as events.

`context reseed STACK --to SUBSCRIBER [--since TIME] [--go]`. Region, queue, topic and table come from the stack's
outputs, endpoints from AWS_ENDPOINT_URL[_<SERVICE>].

- **Without `--go`** it prints the plan. It changes nothing.
- **With `--go`** it reads the table's stream, which contains the changes of the last 24 hours (`stream`). Then it reads
  the table (`state`) and sends one event per aggregate. Last it sends the deletions of these 24 hours.
- **With `--since TIME`** it sends only the last event of each aggregate that changed since then, deletions included. It
  does not read the table.

If the stream contains the change that led to the current state, the event of this change is sent: the same id, time and
`sequence`. Other aggregates have an event with a constant id, and with their version as `sequence`. It is smaller than
the `sequence` of every published event, so a subscriber ignores it if it has applied an event of this aggregate.

Traffic may continue. Each change after the start reaches the subscriber through the topic, with a greater `sequence`.
The subscription must exist before the start.

Only events that the subscription's filter selects are sent (`subscription`), in the form in which SNS sends them.

After each batch, the run writes its progress to `build/reseed/<stack>-<subscriber>.json` (`progress`). The next call
with the same options continues there, within 24 hours; it sends at most ten events twice.

Exit status:

- 0: all events are sent, or the plan is printed.
- 1: the run stopped, or an aggregate could not be read.
- 2: the command was refused before it sent an event.
- 130: Ctrl-C or SIGTERM ended the run between two batches.

`context permissions reseed STACK` prints the necessary permissions as a policy.
"""
