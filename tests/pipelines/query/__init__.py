"""Tests of pipelines/query."""
