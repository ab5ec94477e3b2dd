"""The benchmark: floors, tidemark and its peers on real servers.

scripts/bench is its command. What a figure means stands in doc/performance.md.
"""
