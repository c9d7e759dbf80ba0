"""Shows results: a report, and a comparison of two results directories."""
