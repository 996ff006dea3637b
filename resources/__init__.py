"""The ground floor: what the archive is made of and talks to.

Here live the hour and its life, the chat platform's client, the archive in S3, settings, and the simulated platform.
Nothing here imports Dagster or a floor above.
"""
