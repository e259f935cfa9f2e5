"""Connections, sign-in, encrypted tokens and permissions."""
