"""Restore of a stack's aggregates and list records to an earlier time, in the same table.

The command restores the table to a second table, compares both, and writes the differences back as new versions. The
name, the stream and the alarms of the table stay. The relay publishes an event for each write.
"""
