"""The archive in S3: where each object lies, how it is written, and the ledger's records. No Dagster."""
