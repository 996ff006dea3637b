"""Tests of the simulated platform, most of them over HTTP as a client would meet it."""
