"""Benchmarks and their ratios: ``python -m benchmarks``."""
