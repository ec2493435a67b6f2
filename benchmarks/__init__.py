"""Speed and accuracy beside peers; each benchmark is a folder, prints a table, and writes JSON where asked."""
