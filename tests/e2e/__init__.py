"""Jobs in separate JVMs."""
