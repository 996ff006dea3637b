"""Servers that tests start on loopback, each in a folder of its own."""
