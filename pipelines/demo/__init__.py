"""`make demo`: the whole archive on one machine, against a simulated platform and a local S3 server on loopback.

Nothing in here is used in production, and nothing in production imports it.
"""
