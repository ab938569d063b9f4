"""What the context does: one function per command or step, on ports that adapters fill."""
