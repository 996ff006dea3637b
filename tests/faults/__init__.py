"""Faults of the platform, its storage and time itself, each met by the real pieces: cases 1 to 16 of the catalogue."""
