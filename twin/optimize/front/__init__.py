"""Fronts of cost against emissions, lateness or peak."""
