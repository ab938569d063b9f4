"""Reproduction of a failed call on this machine.

`context reproduce STACK message ID` reads a dead letter, `list ID` a failed list, and `trace ID` the items that a trace
changed last. The command masks the personal fields, starts an embedded AWS with the repository's context, and calls the
function's entry point in this process.

- **Items** are copied when the function first uses their keys: a proxy between the function and the embedded DynamoDB
  reads them from the stack (`reads`).
- **Objects** of a list are copied before the call (`lists`).
- **Settings** are the variables of the deployed function, except for names of resources.

The command writes nothing to the stack. It hides the messages of a dead-letter queue while it searches them, and
increases their receive counts by one.

Exit status:

- 0: the function answered, so the failure was not reproduced.
- 1: the function failed, or the embedded AWS could not be started.
- 2: the command was refused before the call.
- 130: Ctrl-C.
"""
