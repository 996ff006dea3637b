"""Tests, laid out as the code is: `tests/assets/...` holds what `assets/...` promises."""
