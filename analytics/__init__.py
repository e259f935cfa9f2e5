"""analytics: a feature of the dashboard."""
