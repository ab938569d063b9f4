"""The local run's own rules, without an emulator."""
