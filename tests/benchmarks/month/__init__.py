"""How fast a month of the archive answers an analyst: daily objects, hourly objects, and DuckDB's own layout."""
