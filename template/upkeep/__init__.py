"""The upkeep of baked repositories: comparison with the template, and updates to other versions."""
