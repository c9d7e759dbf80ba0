"""Jobs on a Flink cluster of several processes."""
