"""The engine's way into Python: what the engine calls to run a program, a policy pack or a component plugin.

Pulumi publishes the engine as a Go module, but not its Python host; this is one for the sandbox. A Pulumi
installed from its own site brings its own host, and then nothing in here runs.
"""
