"""`context settings`: the settings of all stacks, validated, and their JSON Schemas for editors."""
