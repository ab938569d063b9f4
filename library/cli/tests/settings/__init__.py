"""The settings of stacks: faults with their places, the schema, and the reference."""
