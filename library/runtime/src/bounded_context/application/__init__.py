"""The use cases of a context: one function per command or step, which uses ports that adapters implement."""
