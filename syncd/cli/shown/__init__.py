"""What the commands that run no cycle show: one module a command, from its answer to a listing."""
