"""The matching engine: exact, certified, explained; NumPy, SciPy and OR-Tools only."""
