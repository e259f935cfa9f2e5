"""runs: a plan kept in the store, shown before, carried out step by step, with a result per row after."""
