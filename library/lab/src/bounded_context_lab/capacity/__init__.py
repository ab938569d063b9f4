"""The capacity of a stack (`context capacity`): a simulation of the import of lists under AWS's quotas."""
