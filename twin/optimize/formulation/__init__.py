"""Problem → Pyomo model → sparse matrix, and bounds on its optimum."""
