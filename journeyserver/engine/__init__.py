"""The aggregate engine: a question in the contract's words → an answer from the warehouse. No Django inside."""
