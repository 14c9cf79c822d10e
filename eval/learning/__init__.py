"""How small weights and choices were learned on questions of our own. Not needed to run."""
