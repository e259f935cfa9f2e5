"""Views of this feature, by what they are about."""
