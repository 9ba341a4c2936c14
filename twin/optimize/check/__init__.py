"""The independent checkers: plan and scenario in, broken rules out. They share no code with formulation or search."""
