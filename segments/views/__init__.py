"""Views of this feature, a module by what a person is doing."""
