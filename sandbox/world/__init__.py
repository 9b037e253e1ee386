"""The made-up business behind the sandbox: its entities, and how they are drawn from a seed."""
