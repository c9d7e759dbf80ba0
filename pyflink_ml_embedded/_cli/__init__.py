"""The subcommands of ``pyflink-ml-embedded``."""
