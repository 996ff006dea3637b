"""The client of the chat platform: tokens, the history request, the download, and what its errors mean. No Dagster."""
