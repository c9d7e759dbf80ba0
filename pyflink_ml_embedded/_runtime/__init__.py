"""What the JVM calls, from starting CPython to opening and closing a function."""
