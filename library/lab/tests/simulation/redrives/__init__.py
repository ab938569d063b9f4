"""The simulation of redrives: the real command over simulated queues, objects, functions and uploads."""
