"""Designated carbon-reduction tasks: what they change, what they cost, what they effect."""
