"""What scripts/mutants is made of: changes, built trees, tests, verdicts."""
