"""history: who changed what, when and why; drafts of what is being typed; a bin for what was deleted."""
