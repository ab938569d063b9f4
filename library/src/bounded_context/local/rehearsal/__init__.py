"""A rehearsal of releases: bad versions are caught, a good one takes all traffic, and there is a way back.

`python -m bounded_context.local.rehearsal` deploys the context to the embedded AWS, calls one of its commands without a
pause, publishes versions of that command, and lets the real rollout driver release them.
"""
