"""What there is and what is missing, hour by hour: as a table to join with, and as a picture in browser and terminal.

The ledger is the truth; everything here is made from it and may be thrown away.
"""
