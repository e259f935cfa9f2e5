"""actiontargets: a feature of the dashboard."""
