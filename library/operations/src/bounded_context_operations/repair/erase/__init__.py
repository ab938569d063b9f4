"""Erasure of the personal data of one aggregate, in every store of a stack.

`context erase STACK ID [--keep] [--go]`. The declaration marks personal fields: ``Annotated[Text, Personal]``.

- It reports, and does not erase, each object that names the id outside of a row of the aggregate, and each file that it
  cannot search: a person judges them.
- **Without `--go`** it searches every store, and prints the number of places with personal data.
- **With `--go`** it erases them, searches every store again, and prints the places that are left. Stores that
  cannot be changed, such as backups, are listed with the date on which they expire.

The order of the steps makes every interruption harmless, and each run searches anew: after kill -9, run the command
again.

1. The item gets the fields' values after the erasure and the mark `erased_at` in one conditional write; then it is
   deleted, unless `--keep` is set. The events of both changes have no personal data, and the member `erasure`.
2. Stored answers of commands are masked, so that a repeated command gets an answer and has no second effect.
3. Reports and staged rows are deleted before the partner's files, which name their lines.
4. Batches of changes and dead letters are replaced by masked copies: first the copy is stored, then the original is
   deleted. A redrive therefore publishes no personal data.

Exit status:

- 0: every place is erased, or the search without `--go` is complete.
- 1: places are left or reported, or a store could not be searched.
- 2: the command was refused before any change.
- 130: Ctrl-C.
"""
