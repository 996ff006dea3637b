"""Whether the archive is whole: its ledger against its objects, its tables against the platform's bytes.

And what follows: what may be cleaned up, and how raw files that no record names come back into the ledger. Telling
people and the command line are the top floor's business.
"""
