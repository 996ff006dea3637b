"""Tests of assets/daily."""
