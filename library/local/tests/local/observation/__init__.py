"""What the run tells of itself, without an emulator."""
