"""The step to 0.3.0: checks of rows get typed rows."""
