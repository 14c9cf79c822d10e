"""From files to articles, sentences and passages in the library."""
