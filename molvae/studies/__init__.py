"""Studies that train, sample and optimize in one go, and the tables they end in."""
