"""Close of a list that its workflow can no longer undo.

`context list close STACK ID [--go]`. The command is for a list whose execution has ended before the list was closed,
and cannot be redriven: its staged parts are deleted, or the execution ended more than 14 days ago.

- **Without `--go`** it prints the status of the list and of its execution, and counts the list's rows.
- **With `--go`** it undoes the list (`bounded_context.application.importing`): it deletes the list's rows, writes the
  partner's report, publishes the event, and closes the list. The relay publishes an event for each deleted row.

The rows come from the index `by_list`, in passes until a pass after a pause finds no row. A context without this index
reads the whole table, with consistent reads. Rows that existed before the list, and rows that were created anew after a
deletion, do not belong to the list and stay.

Every step can be repeated: after kill -9, run the command again.

Exit status:

- 0: the list is closed, or the plan is printed.
- 1: the run stopped, and rows may be left: run the command again.
- 2: the command was refused before any change, such as for a closed list or a running execution.
- 130: Ctrl-C.
"""
