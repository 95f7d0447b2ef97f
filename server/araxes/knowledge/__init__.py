"""From files to a release: read, prefixes, quality, lint, shapes, logic, rules, comparisons, release."""
