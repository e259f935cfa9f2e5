"""Definitions as files, and what it takes to get from what a service holds to what a file says. Pure: no web, no store, no calls."""
