"""The simulated AWS services. Each API call goes through the gate, which interleaves activities and injects faults.

The services start no thread, open no socket, and read neither the machine's clock nor a global random generator.
"""
