"""The production example in `deploy/`: its files, and its services as they are, but run by hand on this machine."""
