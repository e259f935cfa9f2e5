"""files: many objects at once; export, import and comparison of definitions, in the browser and by one command."""
