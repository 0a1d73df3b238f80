"""How people decide: duplicates, ranked matches, queue, case, evidence, verdict."""
