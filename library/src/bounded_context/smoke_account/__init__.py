"""A throw-away stack on a real account: deployed, tried and destroyed, for the day that somebody has an account.

`python -m bounded_context.smoke_account STACK`. The stack has a name that none has yet, and the settings of `dev`. Ten
rows come in by its door (SFTP, or the bucket where `dev` has none), every subscriber's queue must get ten events, and
no dead-letter queue any; a version that cannot start must be rolled back, and one that works take all traffic. The
stack is destroyed at the end, even if something failed or somebody pressed Ctrl-C in between. Each step is told in
one line.

`--emulator` takes the same steps on the embedded AWS of this machine, deployed as `just run` does it: what is left out
is the Pulumi CLI, and what only an account settles (`just docs account`).

Exit status: 0 all went as it should; 1 something did not, or something is left, and the last lines say how it is taken
away; 2 refused before anything changed; 130 after Ctrl-C or SIGTERM, once the stack was destroyed.

The caller needs what a deployment of the stack needs (`just permissions deploy STACK`), what the rollout needs (`just
permissions shift STACK`), `lambda:GetAccountSettings`, and on the stack's resources `s3:PutObject` and `s3:GetObject`
in the inbox, `sqs:ReceiveMessage`, `sqs:DeleteMessage` and `sqs:GetQueueAttributes`, `states:ListExecutions`,
`dynamodb:GetItem`, `dynamodb:BatchWriteItem` and `dynamodb:BatchGetItem`, and the use of its key.
"""
