"""Moves the traffic of a stack to its newest versions, step by step, and back.

`python -m bounded_context.rollout start|status|back STACK`. Pulumi publishes versions and leaves the alias `live`
alone; this driver moves it. Region, names and strategy come from the stack's outputs, endpoints from
AWS_ENDPOINT_URL[_<SERVICE>].

- **start** creates a CodeDeploy deployment for every function whose alias is behind its newest version, all at the same
  time, and follows them to their end, rollbacks included. Once all have succeeded, it shifts the state machine's alias
  by the same strategy itself, since CodeDeploy shifts Lambda only: a new definition may rely on the new functions. The
  newest versions are read once, at the beginning. At the end, all aliases are read again.
- **status** shows each alias, its last deployment, and what `start` would do. It changes nothing.
- **back** returns the functions and the state machine that the last release brought live to the versions before:
  at once, without hooks, with alarms ignored. A deployment that still runs is stopped with rollback instead.

The parts of a release are read from AWS, not from a file: every deployment's description, and the description of
the state machine's alias, begin with `release <UTC timestamp>-<digest of the target versions>-<number of the run>:`.
Runs to the same versions are one release. Newest means the highest version number.

A function's alias is moved by CodeDeploy alone: a run that ends early leaves its deployments to it. Only `back` ends a
shift that no deployment continues. The state machine's alias is moved by this process alone: whenever it ends early,
all traffic is put back on the old version first. Before each write, the alias is compared with its last known state.

Exit status: 0 if everything succeeded or nothing was to do, 1 if something did not, 2 if it was refused before anything
changed, 130 after Ctrl-C or SIGTERM.
"""
