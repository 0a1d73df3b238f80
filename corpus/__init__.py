"""What is already known to be false, and how to search it."""
