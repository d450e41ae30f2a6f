"""How good a network is: scores, protocols, tables, pictures."""
