"""An emulator of Google Sheets (and of the Drive around it) on loopback, for tests and for trying things by hand."""
