"""The front hall: wiring, and the counter through which rooms are served."""
