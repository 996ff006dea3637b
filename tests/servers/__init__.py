"""Real servers that tests start themselves: on loopback, in a folder of their own, and ended with the block."""
