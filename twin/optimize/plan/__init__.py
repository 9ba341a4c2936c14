"""From starts to a plan that people and the plant follow, and what it costs by its own model."""
