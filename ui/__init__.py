"""How people and programs reach Citewire: the command line and what it prints."""
