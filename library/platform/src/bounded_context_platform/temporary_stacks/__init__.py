"""Temporary stacks: a person's sandbox, the stack of a pull request, and the stack of a smoke test.

A temporary stack (`stack`) has the settings of `dev` with some differences, and a settings file in the repository while
it exists. Sandboxes and stacks of pull requests carry the tags `owner` and `expires` (UTC, ISO 8601) on all resources
and in Pulumi's state, until the sweep destroys them. The smoke test always destroys its stack.

The caller needs the permissions of a deployment and a rollout of such a stack (`context permissions deploy sandbox`,
`context permissions shift sandbox`), and write access to the state (`context permissions state sandbox`).
"""
