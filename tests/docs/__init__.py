"""Tests of what docs/ tells an analyst to type: each snippet and question is taken from the page itself and run."""
