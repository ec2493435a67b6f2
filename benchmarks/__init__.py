"""Speed and accuracy beside peers; each benchmark is a folder, prints a table, writes JSON where asked."""
