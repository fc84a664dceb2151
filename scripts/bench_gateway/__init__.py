"""The parts of scripts/bench-gateway.py."""
