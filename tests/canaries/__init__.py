"""Case 46: secrets are planted everywhere one can be, runs go well and badly at DEBUG, and every sink is searched."""
