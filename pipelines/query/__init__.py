"""What an analyst asks on this machine: SQL over the archive in S3, and exports of what was said. Reads only."""
