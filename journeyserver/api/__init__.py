"""A view per operation."""
