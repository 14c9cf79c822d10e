"""Gold questions: what they hold, how their files are read and checked."""
