"""The wiring of components into one stack: functions, their aliases, observability, outputs."""
