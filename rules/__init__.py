"""Rules that people write: the language, its compiler, and what is in force, as functions of arrays.

The language is a typed subset of CEL (docs/rules.md). `parsing` reads an expression, `checking` gives it
types and binds its names, `program` compiles many of them into one program, and `kernels` runs that over a
batch. `reference` evaluates one record at a time; tests compare the two.
Source: Common Expression Language, language definition, https://github.com/google/cel-spec.
"""
