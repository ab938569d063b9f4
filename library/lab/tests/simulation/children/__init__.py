"""The simulation's part of children: commands that add them, their pages, and the removal with their aggregate."""
