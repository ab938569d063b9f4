"""The steps to 0.5.0: the state machine and the steps of lists belong to the library."""
