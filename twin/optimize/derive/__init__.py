"""Scenario → problem: never written by hand."""
