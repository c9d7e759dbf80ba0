"""The same rows through PyFlink, through this provider and through Flink alone."""
