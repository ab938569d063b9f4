"""Two versions of a context at once: behind the same aliases, on one table, stream, workflow and topic.

`python -m tests.two_versions` plays it at full size: 10,000 calls and 20 lists, from the older version to the newer one
and back; a share of it is among the end-to-end tests.
"""
