"""Runs that are killed or refused by the machine at every step they take: cases 35 and 42, and a part of 44."""
