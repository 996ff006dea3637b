"""Tests of assets/coverage."""
