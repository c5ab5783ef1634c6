"""The eight sources of Plas Brithwen, one module each: the truth goes in, lines as that vendor writes them come out."""
