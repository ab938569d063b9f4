"""Temporary stacks: a person's sandbox, and the preview stack of a pull request.

`context sandbox up NAME` creates the stack `sandbox-NAME` from the current sources, or
deploys them again: with the settings of `dev`, without SFTP and alarms. All its resources have the tags `owner` and
`expires` (UTC, ISO 8601). The stack has the same tags in Pulumi's state, and `list` shows them. `down NAME` destroys
the stack. `sweep` destroys expired stacks, and preview stacks whose pull request is closed.

Exit status: 0 for success, 1 if a part failed or resources remain, 2 if the command was refused before any change, 130
after Ctrl-C.

The caller needs the permissions of a deployment and a rollout of such a stack (`context permissions deploy sandbox`,
`context permissions shift sandbox`), and write access to the state (`context permissions state sandbox`).
"""
