"""Operating points timed, and other networks beside them."""
