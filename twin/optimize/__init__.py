"""Scenario → Plan: a certified schedule of heats, cells and power states against the tariff, checked and replayed."""
