"""The use cases of a context: a function per command or step, which uses ports that adapters implement."""
