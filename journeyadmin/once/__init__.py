"""once: a form that creates something carries a mark, and each mark creates one thing, however often the form is sent."""
