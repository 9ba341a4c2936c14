"""Random draws, replications, statistics, the runner and the store of runs."""
