"""Tests of verifying, adopting and cleaning up."""
