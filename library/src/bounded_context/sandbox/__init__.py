"""Stacks beside those of the repository, each for a while: a person's sandbox, and the preview stack of a pull request.

`python -m bounded_context.sandbox up NAME` makes the stack `sandbox-NAME` of the sources as they are, or deploys them
anew: with the settings of `dev`, without SFTP and alarms. Whatever it is made of has the tags `owner` and `expires`
(UTC, ISO 8601), and the stack has them too, where Pulumi keeps its state: so that everybody sees them (`list`). `down
NAME` destroys it. `sweep` destroys what is past its time, and preview stacks whose pull request is closed.

Exit status: 0 all went well; 1 something did not, or something is left; 2 refused before anything changed; 130 after
Ctrl-C.

The caller needs what a deployment and a rollout of such a stack need (`just permissions deploy sandbox`, `just
permissions shift sandbox`), and to write the state (`just permissions state sandbox`).
"""
