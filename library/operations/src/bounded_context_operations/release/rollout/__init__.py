"""Shift a stack's traffic to its newest versions step by step, and return it.

`context rollout start|status|back STACK`. Pulumi publishes versions and does not move
the alias `live`. Region, names and strategy come from the stack's outputs, endpoints from AWS_ENDPOINT_URL[_<SERVICE>].

- **start** creates a CodeDeploy deployment for every function whose alias is behind its newest version. The deployments
  run in parallel and are followed to their end, rollbacks included. After all have succeeded, `start` shifts the state
  machine's alias by the same strategy itself, because CodeDeploy only shifts Lambda. A new definition may rely on the
  new functions, so it comes last. The newest versions are read once, at the beginning. At the end, all aliases are read
  again.
- **status** shows each alias, its last deployment, and the effect of `start`. It changes nothing.
- **back** returns the functions and the state machine of the last release to the versions before: at once, without
  hooks, and with alarms ignored. A running deployment is stopped with rollback.

The parts of a release are read from AWS, not from a file. The descriptions of deployments and of the state machine's
alias begin with `release <UTC timestamp>-<digest of the target versions>-<number of the run>:`. Runs to the same
versions are one release. Newest means the highest version number.

Only CodeDeploy moves a function's alias. A run that ends early leaves its deployments to CodeDeploy. Only `back` ends a
shift that no deployment continues. Only this process moves the state machine's alias. If it ends early, it first
returns all traffic to the old version. Before each write, the alias is compared with its last known state.

Exit status: 0 if everything succeeded or no change was needed, 1 if a part failed, 2 if the run was refused before any
change, 130 after Ctrl-C or SIGTERM.
"""
