"""Views of action targets: the grid, and one target's own page."""
