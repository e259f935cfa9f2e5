"""segments: a feature of the dashboard."""
