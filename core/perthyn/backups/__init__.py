"""Backups: everything a store holds as one file, which says itself whether it is whole.

A file is, from the inside out:

1. lines of UTF-8 JSON: a `Head`; the canonical form of every item, section by section, as many as the head says; a
   tail with the sum of each section (`perthyn.moving.Sum`);
2. two gzip members (RFC 1952): those lines, and a line with the SHA-256 of all bytes before it
   (`perthyn.backups.seal`);
3. unless it was asked to stay plain, encrypted in the age format (https://age-encryption.org/v1).

So ``age -d -i KEY FILE | gunzip`` reads one without perthyn. Beside it, never inside, stand the key that opens it
(`perthyn.backups.keys`) and the refusals that a restore must respect (`perthyn.backups.refusals`).
"""
