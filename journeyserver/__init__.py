"""The Journey server: the nine operations of the Journey API on data of our own, events in, and sign-in."""

__version__ = "0.1.0"
