"""Why there is no plan, in words, and what would make one."""
