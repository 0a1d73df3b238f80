"""How things come in: reports of citizens, links to capture."""
