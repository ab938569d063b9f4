"""A smoke test on a real account: deploys a temporary stack, tests it and destroys it.

The stack is a sandbox: it has the settings of `dev` without SFTP, alarms and protection. The test uploads ten rows to
the bucket. Every subscriber's queue must receive ten events, and all dead-letter queues must stay empty. A version that
cannot start must be rolled back, and a working version must take all traffic. The stack is always destroyed at the end,
also after a failure or Ctrl-C.

`--emulator` runs the same steps on the embedded AWS of this machine, with the deployer of `context run`. It omits the
Pulumi CLI, and the properties that only an account can show (`context docs account`).

The caller needs the permissions of a deployment (`context permissions deploy sandbox`) and of a rollout (`context
permissions shift sandbox`), and `lambda:GetAccountSettings`. On the stack's resources, the caller needs `s3:PutObject`
and `s3:GetObject` in the inbox, `sqs:ReceiveMessage`, `sqs:DeleteMessage` and `sqs:GetQueueAttributes`,
`states:ListExecutions`, `dynamodb:GetItem`, `dynamodb:BatchWriteItem` and `dynamodb:BatchGetItem`, and the use of its
key.
"""
