"""The prototype: a release as an execution of a state machine."""
