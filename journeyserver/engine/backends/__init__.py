"""Where the warehouse's data lies: one file per engine, each knowing the words of `base.Backend`."""
