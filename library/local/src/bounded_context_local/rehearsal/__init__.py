"""Rehearsals of releases, of a restore and of a lost region.

Of releases: bad versions are rolled back, a good version gets all traffic, and a release is reverted. Of a restore: a
bad version damages aggregates, and `context restore` restores them. Of a region: the context continues in another one.

`context rehearse` deploys the context to the embedded AWS and calls its first command
continuously. Meanwhile it publishes versions of that command, and the rollout driver releases them.
"""
