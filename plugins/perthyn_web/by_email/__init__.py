"""By e-mail: the numbers, sent each week or month to those who asked for them and may see them."""
