"""Dated public facts: tariffs, calendars, labour premia, grid and fuel factors, prices, PV profiles, benchmarks.

The data lie in ``data/`` as YAML and CSV; every entry names its source, the date it was true (``as_of``) and whether a
located source says so (``verified``). One module reads one kind and returns frozen dataclasses; nothing here computes a
result.
"""
