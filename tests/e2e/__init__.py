"""Jobs in JVMs of their own."""
