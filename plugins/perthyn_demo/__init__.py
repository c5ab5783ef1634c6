"""The demonstration: Plas Brithwen, an invented historic house and its eight messy files."""
